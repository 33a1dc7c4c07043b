"""When open documents will be paid: from each counterparty's own history, given how old the document is already.

Belongs here: what was known on a day, the distribution of lateness, its blend with the due date.
Does not: reading files or marts, money over time (`pipelines.statistics.cash`), anything that is printed.

| module | what |
|---|---|
| `documents` | documents and settlements as arrays, and what was known of them on a day |
| `lateness` | chances of payment per day of lateness, shrunk from counterparty to segment to all |
| `blending` | model and due date, weighed by how each did at earlier origins |
"""

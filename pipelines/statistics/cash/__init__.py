"""What cash comes and goes: simulated payments of open documents, a baseline for what no document tells yet, bands
that are calibrated on own past errors, and scenarios.

Belongs here: money over time. Does not: when one document is paid (`pipelines.statistics.payment_timing`), reading
marts, rules of business about what a layer is; the models bring flows.

| module | what |
|---|---|
| `simulation` | paths of payments with dependence between documents; large ones singly, small ones grouped |
| `calibration` | rolling conformal correction of bands, scores |
| `baseline` | seasonal naive, exponential smoothing, Theta, their median, reconciled to the total |
| `rolling` | the backtest: expected, bands and actual at weekly origins |
| `company_frames`, `accuracy` | a company's rows in, rows of its backtest out |
| `scenarios` | edits to layers |
| `ahead` | what every scenario starts from |
| `projection`, `balances` | expected flows per period; bands of balances |
"""

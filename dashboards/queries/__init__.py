"""What pages ask of the published tables beyond metrics: one module per subject, a Reading in, values and tables out.

Belongs here: queries of one page. Does not: widgets, figures, sentences that a mail says too (`answers`).
"""

"""What customers are worth: how often they will order, whether they still do, and what an order brings.

Belongs here: the models of customer value, each in a module of its own, fitted by maximum likelihood on counts of equal
histories. Does not: reading files or marts, choosing a model for a segment, anything that is printed.

| module | model | for |
|---|---|---|
| `bg_nbd` | beta-geometric and modified beta-geometric, each with negative binomial | repeat orders, no contract |
| `pareto_nbd` | Pareto with negative binomial | the same, another law of leaving |
| `gamma_gamma` | gamma-gamma | the amount of an order |
| `shifted_beta_geometric` | shifted beta-geometric | contracts that are renewed or not |
| `shrinkage` | gamma intervals and normal amounts, shrunk to their segment | few and regular customers |

A fit is a `Fit` or a `NotConverged`; there is no number in the second.
"""

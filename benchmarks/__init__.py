"""How fast each step is, beside raw DuckDB doing the same work on the same files in the same call.

`python -m benchmarks` measures and prints; nothing of the product imports this package. What is right is tested in
`tests`, what is fast is measured here.
"""

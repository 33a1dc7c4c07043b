"""One module per page: its queries, its figures, its order. A page is a function of one Reading."""

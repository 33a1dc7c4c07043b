"""Charts. `theme` holds colours; the others take data and return a figure, on screen (Plotly) or on paper (`paper`).

Nothing here reads a database or touches a page.
"""

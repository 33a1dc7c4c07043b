"""What the command `plumbline` offers, by what it is for: read arguments, call one part, show what came of it."""

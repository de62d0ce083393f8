"""When is a task solved: gates over a finished course, each a pure function with evidence."""

"""Does a task mean what it does: reviewers that read it, their votes, a plan for the author, and how good they are."""

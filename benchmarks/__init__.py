"""What a poll costs, beside what it costs today."""

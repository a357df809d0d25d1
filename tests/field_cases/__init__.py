"""What real providers and real homes do to a balance: each case with the right outcome."""

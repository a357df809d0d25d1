"""Everything that can go wrong between an account and Home Assistant, over real connections."""

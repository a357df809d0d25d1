"""Everything that can go wrong between an account and Home Assistant, played over real sockets."""

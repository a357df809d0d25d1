"""Start a real Home Assistant and the simulator, and control them as a user's browser does."""

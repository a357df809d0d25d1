"""The walkthrough of the web page."""

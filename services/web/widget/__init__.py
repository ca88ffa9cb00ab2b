"""The widget: what websites embed, its frame, and the way in for their visitors."""

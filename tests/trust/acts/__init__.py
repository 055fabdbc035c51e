"""Every act on an executed agreement, in any order, beside a plain model of what must come of it."""

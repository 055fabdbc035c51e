"""Reports to hand on: an agreement's history for a council packet, an agency's portfolio on a day."""

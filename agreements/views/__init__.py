"""The pages of agreements: the desk and the record of one agreement."""

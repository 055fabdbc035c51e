"""Settings, doors and processes of the whole.

Reading the code makes a million objects and a page tens of thousands, nearly all of which go without the collector of
garbage; by default it looks for circles after every 700.
"""

import gc

gc.set_threshold(50_000, 20, 50)

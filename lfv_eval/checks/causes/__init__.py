"""Why a number disagrees: hypotheses, their search, and how easily unrelated numbers would be explained."""

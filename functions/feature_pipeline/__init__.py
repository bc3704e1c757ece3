"""New data -> features: one partition lands, the features for that partition are computed."""

"""What every slice uses; knows no trigger."""

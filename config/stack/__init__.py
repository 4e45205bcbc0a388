"""What `make run` starts, watches and stops on one machine. Needs no Django: services come up before settings load."""

"""What costs credits: the stories of tasks, their webhooks, and the account with the last credits."""

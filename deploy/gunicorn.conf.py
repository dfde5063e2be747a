"""Threads rather than an event loop: the views are synchronous and spend their time in the database."""

import multiprocessing
import os

bind = os.environ.get("BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", min(4, multiprocessing.cpu_count())))
threads = int(os.environ.get("WEB_THREADS", 8))
timeout = 120
graceful_timeout = 20
keepalive = 30
max_requests = int(os.environ.get("WEB_MAX_REQUESTS", 0))
max_requests_jitter = max_requests // 10
accesslog = os.environ.get("ACCESS_LOG") or None
# No address (%(h)s), no query (in %(r)s: recruitment services put people's ids there), no referrer.
access_log_format = '%(t)s "%(m)s %(U)s" %(s)s %(b)s %(M)sms'
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")

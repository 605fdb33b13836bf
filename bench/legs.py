"""The processes of the benchmark: the mock provider, and nginx in each leg.

Starts them on free ports of the loopback with a prefix of their own, and
stops them by process id.  Decides nothing about what is measured.
"""

import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import time

LEGS = ('direct', 'proxy_pass', 'gateway')
HOST = '127.0.0.1'
TENANT_KEY = 'bench-tenant-key-0123456789'
PROVIDER_KEY = 'bench-provider-key-0123456789'
START_SECONDS = 30
STOP_SECONDS = 10


class Failure(Exception):
    """Something did not start, or did not answer as it must."""


def free_port():
    """A port below the ephemeral range: no client socket takes it."""
    while True:
        port = random.randint(20000, 32000)
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind((HOST, port))
            except OSError:
                continue
        return port


def get(port, path):
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request('GET', path)
        return connection.getresponse().read()
    finally:
        connection.close()


def exchange(port, request):
    """Sends the bytes of a request; returns status, headers and body."""
    with socket.create_connection((HOST, port), timeout=10) as s:
        s.sendall(request)
        answer = http.client.HTTPResponse(s, method='POST')
        answer.begin()
        return answer.status, answer.headers, answer.read()


class Mock:
    """The provider.  Runs on the core of the load generator.

    port, replica  of two that answer the same
    sick           where each call is answered with a 503
    closed         where nobody listens, and nobody else can
    """

    def __init__(self, binary):
        self.process = subprocess.Popen([binary], stdout=subprocess.PIPE)
        ports = self.process.stdout.readline().split()
        if len(ports) != 3:
            raise Failure('the mock provider does not start')
        self.port, self.replica, self.sick = map(int, ports)
        self.pid = self.process.pid
        self.bound = socket.socket()
        self.bound.bind((HOST, 0))
        self.closed = self.bound.getsockname()[1]

    def set(self, **settings):
        """Sets what it answers; returns the counters since the last time."""
        query = '&'.join(f'{k}={v}' for k, v in settings.items())
        return json.loads(get(self.port, f'/mock?{query}'))

    def last(self):
        """The head and the body of the last call, as it came."""
        head, _, body = get(self.port, '/last').partition(b'\r\n\r\n')
        return head.decode('latin-1'), body

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.bound.close()


CONF = """\
{load_module}daemon off;
worker_processes {workers};
worker_cpu_affinity {affinity};
worker_rlimit_nofile {files};
pid {prefix}/nginx.pid;
error_log {prefix}/error.log warn;

events {{
    worker_connections {connections};
}}

http {{
    access_log off;
    keepalive_timeout 600s;
    keepalive_requests 1000000000;
    client_max_body_size 32m;
    client_body_buffer_size 2m;
    client_body_temp_path {prefix}/tmp;
    proxy_temp_path {prefix}/tmp;
    fastcgi_temp_path {prefix}/tmp;
    uwsgi_temp_path {prefix}/tmp;
    scgi_temp_path {prefix}/tmp;

{http}}}
"""

PROXY_PASS = """\
    upstream {name} {{
        server {host}:{mock};
        keepalive {keepalive};
        keepalive_requests 1000000000;
        keepalive_timeout 600s;
    }}

    server {{
        listen {host}:{port} backlog=4096;

        location / {{
            proxy_pass http://{name};
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering {buffering};
            proxy_max_temp_file_size 0;
        }}

        location = /denied {{
            default_type application/json;
            return 401 '{denied}';
        }}
    }}

"""

GATEWAY_SERVER = """\
    server {{
        listen {host}:{port} backlog=4096;

        location /v1/ {{
            agent_gateway heartbeat=15s;
        }}
    }}

"""

# What proxy_pass is compared with.
GATEWAY = """\
    agent_zone gateway:8m;

    agent_provider mock {{
        dialect openai;
        url http://{host}:{mock}/v1;
        key file:{prefix}/provider.key;
    }}

    agent_model bench-model {{
        target mock/upstream-model;
    }}

    agent_tenant bench {{
        key file:{prefix}/tenant.key;
        models bench-model;
    }}

""" + GATEWAY_SERVER

# A model for each way in which a first target is out, and one without.
FAILOVER = """\
    agent_zone gateway:8m;

    agent_provider second {{
        dialect openai;
        url http://{host}:{mock}/v1;
        key file:{prefix}/provider.key;
    }}

    agent_provider open {{
        dialect openai;
        url http://{host}:{sick}/v1;
        key file:{prefix}/provider.key;
        retry attempts=1;
        breaker failures=1 open=1h;
    }}

    agent_provider closed {{
        dialect openai;
        url http://{host}:{closed}/v1;
        key file:{prefix}/provider.key;
        retry attempts=1;
        breaker off;
    }}

    agent_provider sick {{
        dialect openai;
        url http://{host}:{sick}/v1;
        key file:{prefix}/provider.key;
        retry attempts=1;
        breaker off;
    }}

    agent_model second {{
        target second/upstream-model;
    }}

    agent_model open {{
        target open/upstream-model;
        fallback second/upstream-model;
    }}

    agent_model closed {{
        target closed/upstream-model;
        fallback second/upstream-model;
    }}

    agent_model sick {{
        target sick/upstream-model;
        fallback second/upstream-model;
    }}

    agent_tenant bench {{
        key file:{prefix}/tenant.key;
        models *;
    }}

""" + GATEWAY_SERVER

# All that a healthy call may meet; nothing of it comes into play.
RESILIENCE = """\
    agent_zone gateway:8m;
    agent_shed calls=20000 lag=10s memory=16g;

    agent_provider mock {{
        dialect openai;
        url http://{host}:{mock}/v1;
        url http://{host}:{replica}/v1;
        key file:{prefix}/provider.key;
        tags bench;
        retry attempts=2 base=250ms factor=1.5 max=2s;
        breaker open=10s ratio=50% volume=20;
        limit concurrency=1000 queue=100 wait=2s;
        health path=/health interval=5s;
    }}

    agent_provider other {{
        dialect openai;
        url http://{host}:{mock}/v1;
        url http://{host}:{replica}/v1;
        key file:{prefix}/provider.key;
        tags bench;
        retry attempts=2 base=250ms factor=1.5 max=2s;
        breaker open=10s ratio=50% volume=20;
        limit concurrency=1000 queue=100 wait=2s;
        health path=/health interval=5s;
    }}

    agent_provider spare {{
        dialect openai;
        url http://{host}:{sick}/v1;
        key file:{prefix}/provider.key;
        tags bench;
    }}

    agent_model bench-model {{
        target mock/upstream-model weight=2;
        target other/upstream-model;
        fallback spare/upstream-model;
        attempts 4 within=1m;
        hedge after=10s;
    }}

    agent_model bench-validate {{
        target mock/upstream-model weight=2;
        target other/upstream-model;
        fallback spare/upstream-model;
        attempts 4 within=1m;
        hedge after=10s;
        validate request json;
    }}

    agent_tenant bench {{
        key file:{prefix}/tenant.key;
        models *;
        require bench;
    }}

""" + GATEWAY_SERVER

# One model of each dialect: of two clients, one is translated for each.
TRANSLATION = """\
    agent_zone gateway:8m;

    agent_provider openai {{
        dialect openai;
        url http://{host}:{mock}/v1;
        key file:{prefix}/provider.key;
    }}

    agent_provider anthropic {{
        dialect anthropic;
        url http://{host}:{mock}/v1;
        key file:{prefix}/provider.key;
    }}

    agent_model bench-openai {{
        target openai/upstream-model;
    }}

    agent_model bench-anthropic {{
        target anthropic/upstream-model;
    }}

    agent_tenant bench {{
        key file:{prefix}/tenant.key;
        models *;
    }}

""" + GATEWAY_SERVER

DENIED = ('{"error":{"message":"Incorrect API key provided.",'
          '"type":"invalid_request_error","param":null,'
          '"code":"invalid_api_key"}}')


class Direct:
    """The leg without anything between: the load goes to the mock."""

    def __init__(self, mock_port):
        self.leg = 'direct'
        self.ports = {'json': mock_port, 'sse': mock_port, 'many': mock_port}

    def start(self):
        return 0.0

    def pids(self):
        return []

    def memory(self):
        return {'pss': 0, 'rss': 0}

    def stop(self):
        return []


class Nginx:
    """One nginx with one worker, pinned to the core under test.

    ports: of the calls that are answered whole ("json"), streamed ("sse")
    and many at once ("many").  conf: what the gateway leg has in http {}.
    workers: 2, for one on each core.
    """

    def __init__(self, leg, env, mock, name=None, connections=None,
                 conf=GATEWAY, workers=1):
        self.leg = leg
        self.conf = conf
        self.prefix = os.path.join(env.build, name or leg)
        self.error_log = os.path.join(self.prefix, 'error.log')
        self.binary = env.nginx
        self.process = None
        self.ports = {}

        shutil.rmtree(self.prefix, ignore_errors=True)
        os.makedirs(self.prefix)
        self._write('provider.key', PROVIDER_KEY + '\n')
        self._write('tenant.key', TENANT_KEY + '\n')

        module = (f'load_module {env.module};\n\n'
                  if leg == 'gateway' and env.module else '')
        self._write('nginx.conf', CONF.format(
            load_module=module, prefix=self.prefix, files=env.files,
            workers=workers,
            affinity=' '.join(format(1 << core, 'b')
                              for core in env.cores[:workers]),
            connections=connections or min(32768, env.files),
            http=self._http(mock)))

    def _write(self, name, text):
        path = os.path.join(self.prefix, name)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        os.chmod(path, 0o600)

    def _http(self, mock):
        """What http {} has, and the ports."""
        if self.leg == 'gateway':
            port = free_port()
            self.ports = {'json': port, 'sse': port, 'many': port}
            return self.conf.format(host=HOST, port=port, mock=mock.port,
                                    replica=mock.replica, sick=mock.sick,
                                    closed=mock.closed, prefix=self.prefix)

        servers = []
        for kind, keepalive, buffering in (('json', 64, 'on'),
                                           ('sse', 64, 'off'),
                                           ('many', 16384, 'on')):
            self.ports[kind] = free_port()
            servers.append(PROXY_PASS.format(
                name=kind, host=HOST, mock=mock.port, port=self.ports[kind],
                keepalive=keepalive, buffering=buffering, denied=DENIED))
        return ''.join(servers)

    def _command(self, *more):
        return [self.binary, '-p', self.prefix, '-e', self.error_log,
                '-c', os.path.join(self.prefix, 'nginx.conf'), *more]

    def start(self, test=True):
        """Starts it; returns the seconds until it took a connection."""
        if test:
            run = subprocess.run(self._command('-t'), capture_output=True,
                                 text=True, check=False)
            if run.returncode != 0:
                raise Failure(f'{self.leg}: nginx -t: {run.stderr.strip()}')

        begin = time.monotonic()
        self.process = subprocess.Popen(
            self._command(), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                get(self.ports['json'], '/v1/models')
                return time.monotonic() - begin
            except (OSError, http.client.HTTPException):
                time.sleep(0.001)
            if (self.process.poll() is not None
                    or time.monotonic() - begin > START_SECONDS):
                raise Failure(f'{self.leg}: nginx does not start: '
                              + ' '.join(self.log_lines()[-3:]))

    def pids(self):
        """The master and its children, the worker first."""
        master = self.process.pid
        children = []
        for name in os.listdir('/proc'):
            if not name.isdigit():
                continue
            try:
                with open(f'/proc/{name}/stat', encoding='latin-1') as file:
                    parent = int(file.read().rpartition(')')[2].split()[1])
                if parent == master:
                    with open(f'/proc/{name}/cmdline',
                              encoding='latin-1') as file:
                        worker = 'worker process' in file.read()
                    children.append((not worker, int(name)))
            except OSError:
                continue
        if not children:
            raise Failure(f'{self.leg}: nginx has no worker')
        return [pid for _, pid in sorted(children)] + [master]

    def memory(self):
        """Bytes of the worker: PSS without files, RSS without zones."""
        worker = self.pids()[0]
        pss = rss = 0
        with open(f'/proc/{worker}/smaps_rollup', encoding='ascii') as file:
            for line in file:
                if line.startswith(('Pss_Anon:', 'Pss_Shmem:')):
                    pss += int(line.split()[1]) * 1024
        with open(f'/proc/{worker}/status', encoding='utf-8') as file:
            for line in file:
                if line.startswith(('RssAnon:', 'RssFile:')):
                    rss += int(line.split()[1]) * 1024
        return {'pss': pss, 'rss': rss}

    def log_lines(self):
        try:
            with open(self.error_log, encoding='utf-8',
                      errors='replace') as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []

    def stop(self):
        """Returns the lines of the log that must not be there."""
        for sign in (signal.SIGQUIT, signal.SIGTERM, signal.SIGKILL):
            if self.process is None or self.process.poll() is not None:
                break
            self.process.send_signal(sign)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                pass
        self.process = None
        return [line for line in self.log_lines()
                if '[alert]' in line or '[emerg]' in line]

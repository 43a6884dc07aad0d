# SPDX-License-Identifier: Apache-2.0
"""Kamailio as two proxies between the engine and a far end, each of which records its route.

The outer one takes what the engine sends, by UDP, TCP or TLS; the inner one passes it on to the far end by UDP.
"""

import shutil

from world import ADDRESS, Program

OUTER, OUTER_TLS, INNER = 5070, 5071, 5080
MODULES = "/usr/lib/x86_64-linux-gnu/kamailio/modules/"

SETTINGS = """\
#!KAMAILIO
debug=1
log_stderror=yes
fork=yes
children=1
tcp_children=1
auto_aliases=no
alias=nobody.invalid
disable_tcp=no
{tls}
listen=udp:{address}:{port}
listen=tcp:{address}:{port}
{sockets}
mpath="{modules}"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "maxfwd.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
{tls_module}
modparam("rr", "enable_full_lr", 1)
modparam("rr", "append_fromtag", 1)
# Nothing may stand still longer than a test waits.
modparam("tm", "fr_inv_timer", 120000)
{more}
"""

ROUTE = """\
request_route {{
  if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
  if (has_totag()) {{
    if (loose_route()) {{ t_relay(); exit; }}
    if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); exit; }}
    sl_send_reply("404", "Not here");
    exit;
  }}
  if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
  t_check_trans();
  record_route();
  remove_hf("Route");
  $du = "{next}";
  t_relay();
}}
"""


def configuration(port, route, certificate=None, address=ADDRESS, sockets="", more=""):
    """The text of a configuration that listens at the port by UDP and TCP, and with a certificate by TLS."""
    tls = tls_module = ""
    if certificate:
        tls = f"enable_tls=yes\nlisten=tls:{address}:{OUTER_TLS}"
        tls_module = (
            f'loadmodule "tls.so"\nmodparam("tls", "certificate", "{certificate}")\n'
            f'modparam("tls", "private_key", "{certificate}")\nmodparam("tls", "tls_method", "TLSv1.2+")')
    settings = SETTINGS.format(address=address, port=port, tls=tls, tls_module=tls_module, modules=MODULES,
                               sockets=sockets, more=more)  # fmt: skip
    return settings + route


def command(config, folder):
    """What starts it, in the foreground."""
    return [shutil.which("kamailio", path="/usr/sbin:/usr/bin"), "-DD", "-f", str(config), "-Y", str(folder),
            "-P", str(folder / "pid"), "-m", "16", "-M", "4"]  # fmt: skip


class Proxy(Program):
    """One Kamailio; `next` is where it sends what starts a call."""

    def __init__(self, folder, name, port, next, certificate=None, address=ADDRESS):
        self.folder = folder / name
        self.folder.mkdir()
        self.name, self.port, self.certificate = name, port, certificate
        self.config = self.folder / "kamailio.cfg"
        self.config.write_text(configuration(port, ROUTE.format(next=next), certificate, address))
        self._start()

    def _start(self):
        super().__init__(command(self.config, self.folder), self.folder, self.name)
        self.wait_for_port(self.port)
        if self.certificate:
            self.wait_for_port(OUTER_TLS, "tcp")

    def restart(self):
        """As an update does it: no transaction and no connection is left."""
        self.stop()
        self._start()


class TwoProxies:
    """Between the engine and the far end, whose wrapper this stands for."""

    def __init__(self, folder, far_end, certificate=None, address=ADDRESS):
        self.far_end = far_end
        self.address = address
        self.transport = "udp"
        self.proxies = []
        try:
            self.proxies.append(Proxy(folder, "inner", INNER, far_end.uri, address=address))
            self.proxies.append(
                Proxy(folder, "outer", OUTER, f"sip:{address}:{INNER}", certificate=certificate, address=address))
        except BaseException:
            self.stop()
            raise

    @property
    def uri(self):
        port = OUTER_TLS if self.transport == "tls" else OUTER
        return f"sip:far@{self.address}:{port}" + ("" if self.transport == "udp" else f";transport={self.transport}")

    def __getattr__(self, name):
        return getattr(self.far_end, name)

    def stop(self):
        for proxy in self.proxies:
            proxy.stop()
        self.far_end.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

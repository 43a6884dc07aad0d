# SPDX-License-Identifier: Apache-2.0
"""Kamailio as a provider: it asks callers for a password, for everything but ACK and CANCEL, and records its routes.

Callers are at its outer sockets (UDP, TCP, TLS), the far end is at an inner one (UDP): every call has two routes of it.
It has no database: there is one user.
"""

import kamailio
import nat
from world import ADDRESS, Program

OUTER, OUTER_TLS, INNER = 5070, 5071, 5072
USER, PASSWORD, DOMAIN = "me", "tr0ub4dor-and-3", "provider.invalid"

MODULES = """\
loadmodule "auth.so"
loadmodule "nathelper.so"
modparam("rr", "enable_double_rr", 1)
modparam("auth", "nonce_count", 1)
modparam("auth", "qop", "auth")
modparam("auth", "nonce_expire", {nonce_seconds})
modparam("auth", "algorithm", "{algorithm}")
modparam("tm", "fr_timer", 2000)
"""

REGISTRAR = """\
loadmodule "usrloc.so"
loadmodule "registrar.so"
modparam("registrar", "min_expires", {least})
modparam("registrar", "max_expires", {most})
modparam("usrloc", "db_mode", 0)
modparam("nathelper", "received_avp", "$avp(i:80)")
modparam("registrar", "received_avp", "$avp(i:80)")
"""
# Who is not registered may not call.
REGISTER = """\
  if (is_method("REGISTER")) {
    if (!save("location")) sl_reply_error();
    exit;
  }
  if ($Rp != %d && is_method("INVITE") && !has_totag() && !registered("location", "$fu")) {
    sl_send_reply("403", "Register first");
    exit;
  }
""" % INNER

# Who asks what is registered is told; who wants to register is not a customer.
REFUSAL = """\
  if (is_method("REGISTER") && $hdr(Contact) != $null) { sl_send_reply("403", "No such customer"); exit; }
"""

RELAY = """\
loadmodule "rtpengine.so"
modparam("rtpengine", "rtpengine_sock", "udp:%s")
""" % nat.CONTROL
# Wherever the caller is: answers and later requests go where its requests came from.
BEHIND_NAT = """\
  if ($Rp != %d) { force_rport(); add_contact_alias(); }
""" % INNER
RELAYED = """\
  if (is_method("BYE")) rtpengine_delete();
  if (is_method("INVITE")) { rtpengine_manage("replace-origin replace-session-connection"); t_on_reply("ANSWER"); }
"""
ANSWER = """
onreply_route[ANSWER] {
  if (has_body("application/sdp")) rtpengine_manage("replace-origin replace-session-connection");
}
"""

ALIAS = 'if ($Rp != {inner} && $proto != "udp") add_contact_alias();'
ROUTE = """\
request_route {{
  if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
  if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
  if ($Rp != {inner} && !is_method("ACK")) {{
    t_check_trans();
    if (!pv_{kind}_authenticate("{domain}", "{password}", "0") || $au != "{user}") {{
      {kind}_challenge("{domain}", "1");
      exit;
    }}
  }}
  remove_hf("Authorization");
  remove_hf("Proxy-Authorization");
  {register}
  {alias}
  if (has_totag()) {{
    if (loose_route()) {{
      if ($Rp == {inner}) {{ handle_ruri_alias(); }}
      t_relay();
      exit;
    }}
    if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); exit; }}
    sl_send_reply("404", "Not here");
    exit;
  }}
  t_check_trans();
  $fs = "udp:{address}:{inner}";
  record_route();
  remove_hf("Route");
  $du = "{next}";
  t_relay();
}}
"""


class Provider(Program):
    """Stands for the far end behind it, whose calls it passes on.

    `registers` is the briefest and the longest registration that it takes, in seconds: it lets only registered callers
    call. `kind` is www (401) or proxy (407). With `reuses`, it notes which connection a caller's Contact came from, as is
    usual for callers behind NAT; with `serves_nat`, also from which port of UDP; with `relays`, it relays their media as well. With `refuses`, nobody can register.
    """

    def __init__(self, folder, far_end, transport="udp", certificate=None, kind="proxy", algorithm="MD5",
                 nonce_seconds=300, reuses=True, registers=None, relays=False, serves_nat=False, refuses=False):
        self.far_end, self.transport, self.certificate = far_end, transport, certificate
        self.registers, self.relays, self.serves_nat = registers, relays, serves_nat or relays
        self.folder = folder / "provider"
        self.folder.mkdir()
        self.config = self.folder / "kamailio.cfg"
        self.config.write_text(kamailio.configuration(
            OUTER, ROUTE.format(inner=INNER, domain=DOMAIN, user=USER, password=PASSWORD, kind=kind, address=ADDRESS,
                                alias=self._alias(reuses), next=far_end.uri,
                                register=(REFUSAL if refuses else "") + (REGISTER if registers else "")) + (ANSWER if relays else ""), certificate,
            sockets=f"listen=udp:{ADDRESS}:{INNER}",
            more=MODULES.format(nonce_seconds=nonce_seconds, algorithm=algorithm)
            + (RELAY if relays else "") + (REGISTRAR.format(least=registers[0], most=registers[1]) if registers else "")))  # fmt: skip
        self._start()

    def _alias(self, reuses):
        if self.serves_nat:
            return BEHIND_NAT + (RELAYED if self.relays else "")
        return ALIAS.format(inner=INNER) if reuses else ""

    def _start(self):
        super().__init__(kamailio.command(self.config, self.folder), self.folder, "provider")
        self.wait_for_port(OUTER)
        self.wait_for_port(INNER)
        if self.certificate:
            self.wait_for_port(OUTER_TLS, "tcp")

    def restart(self):
        """As an update does it: no transaction, connection or nonce is left."""
        super().stop()
        self._start()

    @property
    def uri(self):
        """Whom callers call: only the provider knows where that is."""
        return f"sip:far@{DOMAIN}"

    @property
    def outbound_proxy(self):
        port = OUTER_TLS if self.transport == "tls" else OUTER
        return f"sip:{ADDRESS}:{port};lr" + ("" if self.transport == "udp" else f";transport={self.transport}")

    @property
    def account(self):
        return {"address": f"sip:{USER}@{DOMAIN}", "auth_user": USER, "password": PASSWORD,
                "outbound_proxy": self.outbound_proxy, "transport": self.transport,
                "register": True if self.registers else None}  # fmt: skip

    def __getattr__(self, name):
        return getattr(self.__dict__["far_end"], name)

    def stop(self):
        super().stop()
        self.far_end.stop()

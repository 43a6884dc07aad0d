// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel

/// The settings of an account besides its address. Rows (``Account``) check them; ArgumentParser wants a property for
/// each.
struct AccountOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The name that applications in sandboxes see for the account (default: “Account” and a number).",
      valueName: "text"))
  var label: String?
  @Option(
    name: .customLong("allow-app"),
    help: ArgumentHelp(
      "Let an application in a sandbox call through the account; can be repeated (default: none).", valueName: "app"))
  var allowApps: [String] = []
  @Option(help: "The name that is shown to those you call.")
  var displayName: String?
  @Option(help: "The name that goes with the password (default: the user of the address).")
  var authUser: String?
  @Option(help: "Give the password only to servers of this realm (default: to all of the account's servers).")
  var realm: String?
  @Option(
    help: ArgumentHelp("The server to register with (default: the host of the address).", valueName: "HOST[:PORT]"))
  var registrar: String?
  @Option(help: ArgumentHelp("Send everything through this server.", valueName: "HOST[:PORT]"))
  var outboundProxy: String?
  @Option(help: "The transport to the servers: udp, tcp or tls (default: what the servers offer).")
  var transport: String?
  @Option(
    help: ArgumentHelp(
      "The authorities of the servers' certificates, in a PEM file (default: this machine's).", valueName: "file"))
  var caFile: String?
  @Option(
    help:
      "Find a way for the sound between networks: no, yes or relay (default: yes with a STUN or TURN server, else no).")
  var ice: String?
  @Option(help: ArgumentHelp("Ask this server for your public address.", valueName: "HOST[:PORT]"))
  var stunServer: String?
  @Option(help: ArgumentHelp("Let this server pass the sound on if there is no other way.", valueName: "HOST[:PORT]"))
  var turnServer: String?
  @Option(
    help:
      "Encrypt the sound of calls: off, offer (if the far end can, too) or required (default: required for sips: addresses, off for others)."
  )
  var encryption: String?
  @Option(
    help: ArgumentHelp(
      "Where the keys of encrypted sound come from: sdes (the messages of the call), dtls (a handshake between the two ends) or auto (the default).",
      valueName: "key-exchange"))
  var keyExchange: String?
  @Flag(inversion: .prefixedNo, help: "Call through this account if no account is named.")
  var `default`: Bool?
  @Flag(inversion: .prefixedNo, help: "Register with the server for each call, if the server demands it.")
  var register: Bool?
  @Option(
    help: ArgumentHelp("Digits to put before every number, for example 0 for an outside line.", valueName: "digits"))
  var dialPrefix: String?
  @Option(
    help: ArgumentHelp(
      "The country of your numbers, for example 49: 030… and 0049… become +4930… and +49….", valueName: "code"))
  var countryCode: String?
  @Option(help: "Where the password is kept: secret-service (the default), file or credential.")
  var passwordPlace: String?

  /// Those that were given, by their names on D-Bus.
  var given: [String: BusValue] {
    var given: [String: BusValue] = [:]
    let texts = [
      "label": label, "display-name": displayName, "auth-user": authUser, "realm": realm, "registrar": registrar,
      "outbound-proxy": outboundProxy, "transport": transport, "ca-file": caFile, "encryption": encryption,
      "ice": ice, "stun-server": stunServer, "turn-server": turnServer, "key-exchange": keyExchange,
      "dial-prefix": dialPrefix, "country-code": countryCode, "password-place": passwordPlace,
    ]
    for (name, text) in texts { given[name] = text.map(BusValue.string) }
    for (name, flag) in ["default": `default`, "register": register] { given[name] = flag.map(BusValue.bool) }
    if !allowApps.isEmpty { given[AccountKey.allowApps] = .strings(allowApps) }
    return given
  }
}

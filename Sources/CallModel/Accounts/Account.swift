// SPDX-License-Identifier: Apache-2.0

/// An account on a SIP server: who the user is there, and how calls get there. The password is not part of it.
/// It is a table: each field is one setting.
package struct Account: Sendable, Equatable {
  /// `sip:me@example.org`
  package var address = ""
  /// What applications in sandboxes know it by; nil is a number.
  package var label: String?
  /// The applications in sandboxes that may call through it, by their ids.
  package var allowedApplications: [String] = []
  /// Shown to who is called.
  package var displayName: String?
  /// The name that goes with the password; nil is the user of the address.
  package var authUser: String?
  /// The password answers only challenges of this realm; nil is any of the account's servers.
  package var realm: String?
  /// Servers are `sip:` or `sips:` addresses without a user. nil is the host of the address.
  package var registrar: String?
  /// Where all requests go first; nil is to where each is addressed.
  package var outboundProxy: String?
  /// nil is what the address and the servers say.
  package var transport: AccountTransport?
  /// A PEM file: the servers' certificates must be of an authority in it. nil is the machine's authorities.
  package var caFile: String?
  /// Whether the sound finds its own way (ICE); nil is yes where one of the two servers is set, and no elsewhere.
  package var ice: AccountICE?
  /// `HOST[:PORT]`, which says by which address this machine is seen.
  package var stunServer: String?
  /// `HOST[:PORT]`, which passes sound on where there is no other way. It takes the account's user and password.
  package var turnServer: String?
  /// Of the sound; nil is required for `sips:` addresses, and off for others.
  package var encryption: CallEncryption?
  /// Where the keys of encrypted sound come from; nil is from wherever the far end can get them.
  package var keyExchange: CallKeyExchange?
  package var isEnabled = true
  /// Numbers and names are called through it where no account is named.
  package var isDefault = false
  /// Whether the server is told where this user is before calls are placed.
  package var registers = false
  package var dialPrefix: String?
  package var countryCode: String?
  package var passwordPlace = PasswordPlace.secretService

  package init() {}
}

package enum AccountTransport: String, Sendable, CaseIterable, Codable {
  case udp, tcp, tls
}

/// Of the sound (RFC 8445).
package enum AccountICE: String, Sendable, CaseIterable, Codable {
  case no, yes
  /// Through the TURN server only.
  case relay
}

/// Where the keys for the sound of a call come from.
package enum CallKeyExchange: String, Sendable, CaseIterable, Codable {
  case auto
  /// The messages of the call, which servers can read.
  case sdes
  /// A handshake between the two ends.
  case dtls
}

/// Of the sound of a call.
package enum CallEncryption: String, Sendable, CaseIterable, Codable {
  case off
  /// If the far end can do it, too.
  case offer
  /// Else there is no call.
  case required
}

extension Account {
  package static let table = OptionTable<Account>([
    .plain(AccountKey.address, .accountAddress, \.address, usual: "", sandbox: theUsers, tool: "ADDRESS"),
    .optional("label", .exactLine(64).orNothing, \.label, sandbox: theUsers),
    .plain(
      AccountKey.allowApps, .applications(32), \.allowedApplications, usual: [], sandbox: theUsers, tool: "--allow-app"),
    .optional("display-name", .exactLine(128).orNothing, \.displayName, sandbox: theUsers),
    .optional("auth-user", .exactLine(128).orNothing, \.authUser, sandbox: theUsers),
    .optional("realm", .exactLine(256).orNothing, \.realm, sandbox: theUsers),
    .optional("registrar", .sipServer.orNothing, \.registrar, sandbox: theUsers),
    .optional("outbound-proxy", .sipServer.orNothing, \.outboundProxy, sandbox: theUsers),
    .optional(AccountKey.transport, .word.orNothing, \.transport, sandbox: theUsers),
    .optional(AccountKey.caFile, .exactLine(4095).orNothing, \.caFile, sandbox: theUsers),
    .optional("ice", .word.orNothing, \.ice, sandbox: theUsers),
    .optional("stun-server", .hostAndPort.orNothing, \.stunServer, sandbox: theUsers),
    .optional("turn-server", .hostAndPort.orNothing, \.turnServer, sandbox: theUsers),
    .optional(AccountKey.encryption, .word.orNothing, \.encryption, sandbox: theUsers),
    .optional(AccountKey.keyExchange, .word.orNothing, \.keyExchange, sandbox: theUsers),
    .plain(
      AccountKey.enabled, .flag, \.isEnabled, usual: true, sandbox: theUsers, tool: "account enable", record: "enabled"),
    .plain(AccountKey.default, .flag, \.isDefault, usual: false, sandbox: theUsers, record: "default"),
    .plain("register", .flag, \.registers, usual: false, sandbox: theUsers, record: "register"),
    .optional("dial-prefix", .dialPrefix.orNothing, \.dialPrefix, sandbox: theUsers),
    .optional("country-code", .countryCode.orNothing, \.countryCode, sandbox: theUsers),
    .plain("password-place", .word.orNothing, \.passwordPlace, usual: .secretService, sandbox: theUsers),
  ])

  private static let theUsers = SandboxRule.refused(areTheUsers)
  package static let areTheUsers = "the accounts are the user's, with their passwords"

  /// An account as `AddAccount` takes it.
  package init(_ entries: [(String, BusValue)]) throws(OptionProblem) {
    self.init()
    try change(entries)
  }

  /// One that a daemon tells of, which may be of a later version.
  package init(_ value: BusValue) {
    self.init()
    Self.table.readWhatFits(value.asDictionary ?? [:], into: &self)
  }

  /// Takes over what is given, or nothing if any of it does not fit. An empty text is the setting's default.
  package mutating func change(_ entries: [(String, BusValue)]) throws(OptionProblem) {
    var changed = self
    try Self.table.check(entries)
    try Self.table.read(entries, into: &changed)
    if let problem = changed.problem { throw problem }
    self = changed
  }

  /// The settings that are not as in a new account.
  package var encoded: BusValue { Self.table.encode(self) }

  /// What does not go together.
  var problem: OptionProblem? {
    guard let uri = try? CallURI(address), let parts = SIPAddress(uri) else {
      return OptionProblem(AccountKey.address, "it is missing; every account needs one, such as sip:me@example.org")
    }
    if parts.scheme == "sips", let transport, transport != .tls {
      return OptionProblem(
        AccountKey.transport,
        "a sips: address is called over tls only, not over \(transport.rawValue); change one of the two")
    }
    if let caFile, !caFile.hasPrefix("/") {
      return OptionProblem(AccountKey.caFile, "“\(caFile)” is not an absolute path; write the whole path of the file")
    }
    if ice == .relay, turnServer == nil {
      return OptionProblem("ice", "it is “relay”, and there is no TURN server; set that as well")
    }
    if parts.scheme == "sips", let encryption, encryption != .required {
      return OptionProblem(
        AccountKey.encryption,
        "calls of a sips: address are always encrypted, so it must be required, not \(encryption.rawValue); change one of the two"
      )
    }
    return nil
  }

  /// Whether an application in a sandbox may call through it.
  package func lets(_ application: String) -> Bool { permitted.contains(application) }

  /// Whoever in a sandbox may.
  package var permitted: [String] { isEnabled ? allowedApplications : [] }

  /// `Me <sip:me@example.org>`, or the address alone.
  package var identity: String { displayName.map { "\($0) <\(address)>" } ?? address }
}

/// Settings that code besides their rows speaks of.
package enum AccountKey {
  package static let address = "address"
  package static let transport = "transport"
  package static let encryption = "encryption"
  package static let keyExchange = "key-exchange"
  package static let caFile = "ca-file"
  package static let enabled = "enabled"
  package static let allowApps = "allow-apps"
  package static let `default` = "default"
}

extension Account: Codable {
  package init(from decoder: any Decoder) throws {
    self.init()
    try Self.table.read(from: decoder, into: &self)
  }

  package func encode(to encoder: any Encoder) throws { try Self.table.write(self, to: encoder) }
}

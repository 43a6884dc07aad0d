// SPDX-License-Identifier: Apache-2.0

/// A dialog as a value (RFC 3261, 12), with the route of its requests.
public struct Dialog: Sendable, Equatable, Codable {
  public var callID: String
  public var localTag: String
  public var remoteTag: String
  /// The values of From and To, without their tags.
  public var local: String
  public var remote: String
  /// Of the far end's newest request.
  public var remoteSequence: UInt32?
  /// The far end's Contact.
  public var remoteTarget: SIPURI
  /// In the order in which requests pass through them.
  public var routes: [String]
  /// Its `target` is the next hop of requests.
  public var end: LocalEnd
  /// The user part of this end's Contact.
  public var user: String
  /// The numeric addresses from which the far end's messages have come.
  public var peers: [String]
  public var allowsUpdate = false
  public var knowsReplaces = false

  /// No real route has more proxies, and they would not fit into a ticket.
  static let mostRoutes = 16
  static let mostPeers = 8
  /// In bytes, of everything that the far end chooses.
  static let longest = 4096

  /// The dialog that a response to an INVITE establishes (12.1.2); nil if the response lacks something. ``remoteTag``
  /// may be empty, as in RFC 2543.
  init?(_ response: SIPMessage, to invite: SIPMessage, at end: LocalEnd, user: String, from peer: String) {
    guard let from = invite.from, let to = response.to, let localTag = from.tag, let callID = invite.callID else {
      return nil
    }
    (self.callID, self.localTag, self.user) = (callID, localTag, user)
    remoteTag = to.tag ?? ""
    local = from.untagged
    remote = to.untagged
    routes = response.all("Record-Route").reversed()
    // If the mandatory Contact is missing, requests go where the INVITE went.
    let target = response.contacts.first?.uri ?? (try? SIPURI(invite.requestURI ?? "")) ?? to.uri
    remoteTarget = target.forRequest
    self.end = end
    peers = [peer]
    note(peer: end.target.host)
    note(peer: nextHop.host)
    note(abilitiesOf: response)
    lead()
  }

  /// Whether a request has the dialog's ids.
  func has(_ request: SIPMessage) -> Bool {
    request.callID == callID && request.toTag == localTag && request.fromTag ?? "" == remoteTag
  }

  /// Whether a response belongs to a request of this end in the dialog.
  func has(response: SIPMessage) -> Bool {
    response.callID == callID && response.fromTag == localTag && response.toTag ?? "" == remoteTag
  }

  /// Whether it fits into a ticket for a successor.
  var fitsTicket: Bool {
    routes.count <= Self.mostRoutes && length <= Self.longest
  }

  /// The length of what others have chosen, in bytes. The ticket's text escapes some of them.
  private var length: Int {
    (routes + [remoteTag, local, remote, remoteTarget.description])
      .reduce(0) { $0 + $1.utf8.reduce(0) { $0 + ($1.isOne(of: "\"\\") ? 2 : 1) } }
  }

  /// Whether the peer is the far end, or a proxy on the route to it.
  func knows(_ peer: String) -> Bool { peers.contains(peer) }

  mutating func note(peer: String) {
    guard !peers.contains(peer), NumericAddress(peer) != nil else { return }
    peers = peers.suffix(Self.mostPeers - 1) + [peer]
  }

  mutating func note(abilitiesOf message: SIPMessage) {
    if message["Allow"] != nil { allowsUpdate = message.allow.contains("UPDATE") }
    if message["Supported"] != nil { knowsReplaces = message.supported.contains("replaces") }
  }

  /// Every INVITE and UPDATE, in either direction, may change the far end's Contact (12.2).
  mutating func refresh(from message: SIPMessage) {
    guard let uri = message.contacts.first?.uri else { return }
    remoteTarget = uri.forRequest
    lead()
  }

  /// The URI of the next hop: the first proxy, or the far end itself.
  var nextHop: SIPURI { routes.first.flatMap { try? NameAddress($0).uri } ?? remoteTarget }

  /// The target of the next hop's name is known.
  mutating func lead(to target: Target) {
    guard !nextHop.isNumeric, end.target.transport != .tls || target.transport == .tls else { return }
    end.target = target
    note(peer: target.host)
  }

  /// If the next hop is a number, requests go there. If it is a name, they go where the INVITE went until it is
  /// resolved.
  private mutating func lead() {
    let hop = nextHop
    guard hop.isNumeric else { return }
    let current = end.target
    let transport = hop.transport.flatMap(Target.Transport.init) ?? (hop.scheme == .sips ? .tls : current.transport)
    let port = hop.port ?? transport.defaultPort
    // A secure connection stays secure.
    let isDowngrade = current.transport == .tls && transport != .tls
    guard !isDowngrade, hop.host != current.host || port != current.port || transport != current.transport else {
      return
    }
    // The certificate is still the one for the name.
    end.target = Target(transport, hop.host, port, name: hop.host == current.host ? current.name : nil)
    note(peer: hop.host)
  }
}

extension SIPURI {
  var isNumeric: Bool { NumericAddress(host) != nil }
}

extension NameAddress {
  /// Without its tag, which a dialog stores separately.
  var untagged: String {
    var address = self
    address.tag = nil
    return address.description
  }
}

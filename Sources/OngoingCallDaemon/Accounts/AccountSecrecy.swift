// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Systemd

// What an application in a sandbox is told of an account that its calls go through: not who the user is there.

extension Account {
  /// Whether a text names the account's user or one of its servers.
  func isNamed(in text: String) -> Bool {
    let servers = [address, registrar, outboundProxy].compactMap { $0.flatMap { try? CallURI($0) } }
      .compactMap(SIPAddress.init)
    // Without the port.
    let hosts = servers.map { server in
      server.host.first == "[" ? server.host.prefix { $0 != "]" }.dropFirst() : server.host.prefix { $0 != ":" }
    }
    let names = servers.map(\.user) + [authUser, realm, displayName]
    let words = hosts.map(String.init) + names.compactMap(\.self)
    return words.contains { Self.has(text.lowercased(), $0.lowercased()) }
  }

  /// Whether the word is there, and not a part of a longer one.
  private static func has(_ text: String, _ word: String) -> Bool {
    guard !word.isEmpty else { return false }
    return text.ranges(of: word).contains { range in
      let neighbours = [text[..<range.lowerBound].last, text[range.upperBound...].first].compactMap(\.self)
      return !neighbours.contains { $0.isLetter || $0.isNumber }
    }
  }
}

extension LaunchSpec {
  /// A text as it is shown to the application in a sandbox that the call is of; "" where it would tell too much.
  func shownToSandbox(_ text: String) -> String {
    guard let account = call.account, let accountSettings else { return text }
    return text.contains(account) || accountSettings.isNamed(in: text) ? "" : text
  }
}

extension SessionRecord {
  /// The session's properties, as `viewer` is shown them; nil is everybody.
  @EventLoopActor
  func info(for viewer: Caller?, _ accounts: AccountStore) -> SessionInfo {
    var info = info
    guard case .sandboxed? = viewer, let account = spec.account else { return info }
    info.account = accounts.shownNumber(of: account)
    info.uri = spec.shownToSandbox(info.uri)
    info.endDetail = spec.shownToSandbox(info.endDetail)
    info.connectedTo = spec.shownToSandbox(info.connectedTo)
    info.transferRequest = spec.shownToSandbox(info.transferRequest)
    return info
  }

  /// The record, as `permission` lets it be shown.
  @EventLoopActor
  func shown(to permission: Permission, _ accounts: AccountStore) -> SessionRecord {
    var record = shown
    guard permission.owner != nil, let account = spec.account else { return record }
    record.spec.account = accounts.shownNumber(of: account)
    record.spec.accountSettings = nil
    record.spec.uri = record.spec.uri.map(spec.shownToSandbox)
    record.spec.referral = nil
    if let detail = life.end?.detail, spec.shownToSandbox(detail) != detail { record.life.hideDetail() }
    if let name = life.reported.connectedTo, spec.shownToSandbox(name) != name { record.life.hideConnectedTo() }
    record.events = events.map(\.shownToSandbox)
    return record
  }
}

extension RecordedEvent {
  /// Notes whether the detail says too much of the account that the call goes through.
  func hidingDetail(if spec: LaunchSpec) -> RecordedEvent {
    guard spec.sandbox != nil, let detail = details.detail, spec.shownToSandbox(detail) != detail else { return self }
    var event = self
    event.hidesDetail = true
    return event
  }

  var shownToSandbox: RecordedEvent {
    var event = self
    if hidesDetail == true { event.details.detail = nil }
    return event
  }
}

extension AccountStore {
  /// The account's name to those who may not know its id; "" where there is none.
  func shownNumber(of id: String) -> String {
    AccountID(id).flatMap { numbers[$0] }.map(AccountID.shown) ?? ""
  }
}

// SPDX-License-Identifier: Apache-2.0

/// Who owns the well-known names that a connection has to do with, by the bus's own word.
///
/// It is as old as the messages that have been read. Since the bus keeps their order, it fits the next one.
struct NameOwners {
  static let bus = "org.freedesktop.DBus"

  private enum Owner {
    /// The bus has been asked.
    case unknown
    case nobody
    case connection(String)
  }

  private var owners: [String: Owner] = [:]

  /// Whether a name changes its owner, so that somebody has to be asked for it.
  static func isWellKnown(_ name: String) -> Bool { !name.hasPrefix(":") && name != bus }

  func follows(_ name: String) -> Bool { owners[name] != nil }

  mutating func follow(_ name: String) { owners[name] = .unknown }

  /// - Parameter owner: "" is nobody.
  mutating func set(_ name: String, _ owner: String) { owners[name] = owner.isEmpty ? .nobody : .connection(owner) }

  /// The unique name; nil where nobody owns it, or the bus has not said who does.
  subscript(_ name: String) -> String? {
    if case .connection(let owner)? = owners[name] { owner } else { nil }
  }
}

/// The answers that a connection waits for, by the serial numbers of the calls.
///
/// A serial number proves nothing, since it can be guessed: dbus-daemon lets everybody's answer through. An answer
/// counts from whom the bus has brought the call to: the name's owner at that time, or one that came after it. The bus
/// itself answers where nobody else will.
struct AwaitedAnswers {
  enum Purpose: Equatable {
    case question
    /// Who owns this name.
    case owner(String)
    case match
    /// Whether the bus answers.
    case sign
  }

  private struct Awaited {
    var purpose: Purpose
    var service: String
    var senders: [String]
  }

  /// A name that changes its owner more often in the middle of a question has its first ones forgotten.
  private static let maximumSenders = 8

  private var awaited: [UInt32: Awaited] = [:]

  /// - Parameter owner: who owns the name `service`, as far as is known.
  mutating func expect(_ serial: UInt32, _ purpose: Purpose, from service: String, owner: String?) {
    let sender = NameOwners.isWellKnown(service) ? owner : service
    awaited[serial] = Awaited(purpose: purpose, service: service, senders: [sender].compactMap(\.self))
  }

  mutating func forget(_ serial: UInt32) { awaited[serial] = nil }

  /// From now on, the answers of this connection count as well.
  mutating func add(_ owner: String, of service: String) {
    for (serial, var answer) in awaited where answer.service == service {
      if answer.senders.count == Self.maximumSenders { answer.senders.removeFirst() }
      answer.senders.append(owner)
      awaited[serial] = answer
    }
  }

  /// What for, where the message is an answer that counts; then it is awaited no more.
  mutating func take(_ message: borrowing BusMessage) -> Purpose? {
    let serial = message.replySerial
    guard let answer = awaited[serial] else { return nil }
    // The bus gives every message its sender; a sandbox's proxy answers without one.
    let sender = message.sender
    let isOfBus = sender == nil || sender == NameOwners.bus
    guard isOfBus && message.kind == .error || sender.map({ counts($0, to: serial) }) ?? false else { return nil }
    awaited[serial] = nil
    return answer.purpose
  }

  /// Whether an answer of this connection would count.
  func counts(_ sender: String, to serial: UInt32) -> Bool { awaited[serial]?.senders.contains(sender) == true }

  /// Whether it waits for something without which what is listened to is not heard.
  var isGettingReady: Bool { awaited.values.contains { $0.purpose != .question && $0.purpose != .sign } }

  var hasSign: Bool { awaited.values.contains { $0.purpose == .sign } }
}

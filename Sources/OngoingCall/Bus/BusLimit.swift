// SPDX-License-Identifier: Apache-2.0
internal import CallModel

/// What arrives and what is sent is bounded.
package enum BusLimit {
  /// Containers in containers, variants included.
  package static let depth = 16
  /// Values in one message that is read, and bytes of its texts.
  package static let values = 262_144
  package static let readBytes = 8 << 20
  /// The same of a signal. The daemon's have a hundred bytes; they say what is to be asked for.
  package static let signalValues = 256
  package static let signalBytes = 16 << 10
  /// News that wait to be looked at.
  package static let keptNews = 1024
  /// Bytes of one message that arrives, and descriptors: as many as a bus can bring, since more end the connection, and
  /// anybody on it may send them. What they are in nobody's answer for is thrown away unread.
  package static let receivedMessage = 128 << 20
  package static let receivedDescriptors = 253
  /// Bytes that libdbus reads before it waits for what it has read to be looked at.
  package static let receivedAtOnce = 16 << 20
  /// Bytes that wait to be sent, from which on callers get no answer.
  package static let refusals = 64 << 10
  /// Bytes of the strings in one message that is sent.
  package static let sentStrings = 1 << 20
}

/// How much of a message may still be read.
package struct BusBudget {
  var values: Int
  var bytes: Int

  package static let answer = BusBudget(values: BusLimit.values, bytes: BusLimit.readBytes)
  package static let signal = BusBudget(values: BusLimit.signalValues, bytes: BusLimit.signalBytes)
}

extension BusValue {
  /// About how many bytes of memory it takes.
  var weight: Int {
    switch self {
    case .string(let text), .objectPath(let text), .signature(let text): 64 + text.utf8.count
    case .array(let values, _), .structure(let values): values.reduce(64) { $0 + $1.weight }
    case .entry(let key, let value): 64 + key.weight + value.weight
    case .variant(let value): 64 + value.weight
    default: 64
    }
  }
}

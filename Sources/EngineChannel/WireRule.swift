// SPDX-License-Identifier: Apache-2.0
internal import CallModel

/// What the values of keys must be, and what is made of them.
enum WireRule {
  /// An absolute path, of a length that a file can have.
  static let path: WireCheck<String> = { path, key throws(EngineProtocolError) in
    guard path.hasPrefix("/"), !path.utf8.contains(0), path.utf8.count <= EngineProtocol.maximumPathLength else {
      throw .badValue(key: key, value: cut(path))
    }
    return path
  }

  /// The name of a sound device; empty is the default one.
  static let device: WireCheck<String> = { name, key throws(EngineProtocolError) in
    guard !name.utf8.contains(0), name.utf8.count <= EngineProtocol.maximumDeviceLength else {
      throw .badValue(key: key, value: cut(name))
    }
    return name
  }

  /// An address, without what could break a line or a header of a message.
  static let target: WireCheck<String> = { target, key throws(EngineProtocolError) in
    guard (1...EngineProtocol.maximumAddressLength).contains(target.utf8.count),
      target.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else { throw .badValue(key: key, value: cut(target)) }
    return target
  }

  /// What is typed may be a password: the error does not show it.
  static let keys: WireCheck<String> = { text, key throws(EngineProtocolError) in
    guard (1...EngineProtocol.maximumKeysLength).contains(text.utf8.count), !text.utf8.contains(0) else {
      throw .badValue(key: key, value: "\(text.utf8.count) bytes")
    }
    return text
  }

  /// The error shows no value: one is a password.
  static let account: WireCheck<EngineRequest.Account> = { account, key throws(EngineProtocolError) in
    for (part, value, limit) in account.parts where value.utf8.count > limit || value.utf8.contains(0) {
      throw .badValue(key: "\(key) \(part)", value: "\(value.utf8.count) bytes")
    }
    return account
  }

  static let resume: WireCheck<String> = { resume, key throws(EngineProtocolError) in
    guard resume.utf8.count <= EngineProtocol.maximumResumeLength else {
      throw .badValue(key: key, value: cut(resume))
    }
    return resume
  }

  static func number(_ range: ClosedRange<Int>) -> WireCheck<Int> {
    { number, key throws(EngineProtocolError) in
      guard range.contains(number) else { throw .badValue(key: key, value: "\(number)") }
      return number
    }
  }

  /// A time of a day at most: the longest that a registration may last.
  static let seconds: WireCheck<Int> = number(0...86_400)

  /// Of a terminal (tty_ioctl(4)); and more viewers than there can be.
  static let cells: WireCheck<Int> = number(0...0xFFFF)

  /// A measurement that is off the scale is no reason to end a call.
  static let level: WireCheck<Int> = { level, _ in min(max(level, -127), 0) }

  static let text: WireCheck<String> = { text, _ in cut(text) }
}

/// Makes text for people safe to show, and no longer than the protocol allows.
func cut(_ text: String) -> String {
  let safe = DisplayText(text).description
  guard safe.utf8.count > EngineProtocol.maximumDetailLength else { return safe }
  let ellipsis = "…"
  let room = EngineProtocol.maximumDetailLength - ellipsis.utf8.count
  var result = ""
  var length = 0
  for character in safe {
    length += character.utf8.count
    guard length <= room else { break }
    result.append(character)
  }
  return result + ellipsis
}

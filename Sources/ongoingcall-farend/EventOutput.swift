// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  import Glibc

  /// What happens, as JSON objects on standard output, one a line.
  enum EventOutput {
    enum Value {
      case text(String)
      case number(Int64)
      case flag(Bool)
    }

    static func write(_ event: String, _ details: KeyValuePairs<String, Value?> = [:]) {
      write(event, Array(details))
    }

    /// `at` is milliseconds of the monotonic clock.
    static func write(_ event: String, _ details: [(key: String, value: Value?)]) {
      var line = "{\"event\":\(quoted(event)),\"at\":\(Clock.nanoseconds() / 1_000_000)"
      for (key, value) in details {
        switch value {
        case .text(let text): line += ",\(quoted(key)):\(quoted(text))"
        case .number(let number): line += ",\(quoted(key)):\(number)"
        case .flag(let flag): line += ",\(quoted(key)):\(flag)"
        case nil: continue
        }
      }
      line += "}\n"
      var rest = Array(line.utf8)[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
      }
    }

    private static func quoted(_ text: String) -> String {
      var result = "\""
      for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case _ where scalar.value < 0x20:
          let digits = String(scalar.value, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: result.unicodeScalars.append(scalar)
        }
      }
      return result + "\""
    }
  }
#endif

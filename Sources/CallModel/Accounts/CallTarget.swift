// SPDX-License-Identifier: Apache-2.0

/// What is to be called, as people write it: an address, or a number or a name, of which an account makes an address.
package enum CallTarget: Equatable, Sendable {
  case address(CallURI)
  /// Digits, “*” and “#”, with or without a plus sign before them.
  case number(String)
  /// Of a user, who is on the account's host.
  case name(String)

  private static let maximumDigits = 40

  package init(_ text: String) throws(CallURI.Invalid) {
    if let number = Self.digits(text) {
      self = .number(number)
      return
    }
    do throws(CallURI.Invalid) {
      let uri = try CallURI(text)
      self = uri.scheme == "tel" ? .number(try Self.digits(ofTel: uri)) : .address(uri)
    } catch {
      guard error == .noScheme, Self.isName(text) else { throw error }
      self = .name(text)
    }
  }

  /// Without what only helps the eye; nil where it is no number.
  private static func digits(_ text: some StringProtocol) -> String? {
    let digits = String(text).filter { !" -./()".contains($0) }
    let rest = digits.hasPrefix("+") ? digits.dropFirst() : digits[...]
    guard (1...maximumDigits).contains(rest.utf8.count), rest.allSatisfy("0123456789*#".contains) else { return nil }
    return digits
  }

  /// RFC 3966. Of a local number, the context is what is to be put before it, where that is a number, too.
  private static func digits(ofTel uri: CallURI) throws(CallURI.Invalid) -> String {
    let parts = uri.description.drop { $0 != ":" }.dropFirst().split(separator: ";", omittingEmptySubsequences: false)
    let written = String(parts.first ?? "").replacing("%23", with: "#")
    guard let number = digits(written) else { throw .malformedNumber(written) }
    let context = parts.dropFirst().compactMap { part in
      part.lowercased().hasPrefix("phone-context=+") ? Self.digits(part.dropFirst("phone-context=".count)) : nil
    }.first
    return number.hasPrefix("+") ? number : (context ?? "") + number
  }

  private static func isName(_ text: String) -> Bool {
    guard let first = text.first, first.isASCII, first.isLetter || first.isNumber else { return false }
    return text.utf8.count <= 128
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.+".contains($0)) }
  }
}

extension Account {
  /// What is called through this account.
  package func address(calling target: CallTarget) -> String {
    guard let uri = try? CallURI(address), let parts = SIPAddress(uri) else { return "" }
    return switch target {
    case .address(let uri): uri.description
    case .number(let number): "\(parts.scheme):\(dialled(number).replacing("#", with: "%23"))@\(parts.host)"
    case .name(let name): "\(parts.scheme):\(name)@\(parts.host)"
    }
  }

  /// A number as the server wants it (ongoingcall-accounts(5), “NUMBERS AND NAMES”).
  package func dialled(_ number: String) -> String {
    var number = number
    if let countryCode {
      if number.hasPrefix("00") {
        number = "+" + number.dropFirst(2)
      } else if number.hasPrefix("0") {
        number = "+\(countryCode)" + number.dropFirst()
      }
    }
    guard let dialPrefix else { return number }
    return dialPrefix + (number.hasPrefix("+") ? "00" + number.dropFirst() : number)
  }
}

// SPDX-License-Identifier: Apache-2.0

/// One hop of a request, through which its response returns (RFC 3261, 20.42; RFC 3581).
public struct Via: Sendable, Equatable, CustomStringConvertible {
  /// `UDP`, `TCP`, `TLS`, or another, in upper case.
  public var transport: String
  /// In lower case; IPv6 without brackets.
  public var host: String
  public var port: UInt16?
  public var parameters: [Parameter]

  /// One of our own. `rport` asks the next hop to answer to the address from which the request came.
  public init(_ transport: Target.Transport, host: String, port: UInt16?, branch: String, rport: Bool = true) {
    (self.transport, self.host, self.port) = (transport.viaName, host, port)
    parameters = [Parameter("branch", branch)] + (rport ? [Parameter("rport")] : [])
  }

  public init(_ text: String) throws(SIPSyntaxError) {
    let value = ArraySlice(text)
    let head = value.prefix { $0 != UInt8(ascii: ";") }
    // There may be blanks on both sides of the slashes.
    let parts = head.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].trimmed.text.asciiLowercased == "sip", parts[1].trimmed.text == "2.0" else {
      throw .via(text)
    }
    let last = parts[2].trimmed
    let name = last.prefix { !$0.isBlank }
    guard !name.isEmpty, name.allSatisfy(\.isTokenCharacter), name.endIndex < last.endIndex else { throw .via(text) }
    transport = name.text.asciiUppercased
    let place = try HostPort(last[name.endIndex...].trimmed)
    (host, port) = (place.host, place.port)
    parameters = try Parameter.list(value[head.endIndex...].dropFirst())
  }

  public var description: String {
    "SIP/2.0/\(transport) \(HostPort.text(host, port))" + parameters.headerText
  }

  public var branch: String? { parameters["branch"].flatMap { $0.isEmpty ? nil : $0 } }
  /// IPv6 without brackets, which some implementations add.
  public var received: String? {
    parameters["received"].map { $0.hasPrefix("[") && $0.hasSuffix("]") ? String($0.dropFirst().dropLast()) : $0 }
  }
  public var rport: UInt16? { parameters["rport"].flatMap { ArraySlice($0).number() } }
  public var ttl: UInt8? { parameters["ttl"].flatMap { ArraySlice($0).number() } }
  public var maddr: String? { parameters["maddr"] }
}

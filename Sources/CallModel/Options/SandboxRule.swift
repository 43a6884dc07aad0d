// SPDX-License-Identifier: Apache-2.0

/// Whether an application in a sandbox may give an option, or call a method.
package enum SandboxRule: Sendable {
  case allowed
  /// Never, and why.
  case refused(String)
  /// Where the value fits the application, of which the id is given: returns why not, or nil.
  case unless(@Sendable (BusValue, String) -> String?)

  /// Why the application may not give this value; nil where it may.
  package func refusal(of value: BusValue, from application: String) -> String? {
    switch self {
    case .allowed: nil
    case .refused(let why): why
    case .unless(let problem): problem(value, application)
    }
  }

  // MARK: Rules that several rows have

  static let runsOutside = SandboxRule.refused("it would be run outside of the sandbox")
  /// A “microphone” may be whatever else the machine plays.
  package static let devices = SandboxRule.refused(devicesAreTheUsers)
  package static let devicesAreTheUsers = "which of the devices a call uses is the user's to say"

  /// Its own id, or none.
  static let ownID = SandboxRule.unless { value, application in
    guard let id = value.asString, id != application, !id.isEmpty else { return nil }
    return "it is another application than “\(application)”"
  }

  /// A name on the bus that is the application's own.
  static let ownBusName = SandboxRule.unless { value, application in
    let name = value.asStructure?.first?.asString ?? ""
    guard name != application, !name.hasPrefix(application + ".") else { return nil }
    return "only “\(application)”, and what begins with it and “.”, is the application's own name on the bus"
  }
}

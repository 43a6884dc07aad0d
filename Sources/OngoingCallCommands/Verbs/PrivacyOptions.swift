// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

/// Who may know what of a call to an address. These are settings of the engine, which has its own names for them.
struct PrivacyOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Encrypt the sound of a call to an address: off, offer (if the far end can, too) or required (default: as the account says; else required for sips: addresses, off for others).",
      valueName: "encryption"),
    completion: .list(CallEncryption.allCases.map(\.rawValue)))
  var encryption: String?
  @Option(
    help: ArgumentHelp(
      "Where the keys of encrypted sound come from: sdes (the messages of the call), dtls (a handshake between the two ends) or auto (either; default: as the account says, else auto).",
      valueName: "key-exchange"),
    completion: .list(CallKeyExchange.allCases.map(\.rawValue)))
  var keyExchange: String?
  @Flag(help: "Tell the far end neither your name nor your address.")
  var anonymous = false

  /// - Parameters:
  ///   - address: nil where no address is called.
  ///   - others: those of --set.
  func settings(calling address: String?, besides others: [String: String]) throws(CommandFailure) -> [String: String] {
    var settings: [String: String] = [:]
    if let encryption {
      guard let choice = CallEncryption(rawValue: encryption) else {
        let known = CallEncryption.allCases.map(\.rawValue).joined(separator: ", ")
        throw .usage("--encryption: “\(shown(encryption, limit: 80))” is not one of \(known)")
      }
      if choice != .required, address?.lowercased().hasPrefix("sips:") == true {
        throw .usage(
          "--encryption \(choice.rawValue): calls to a sips: address are always encrypted",
          remedy: "leave the option out, or call a sip: address")
      }
      settings[EngineSetting.encryption] = choice.rawValue
    }
    if let keyExchange {
      guard let choice = CallKeyExchange(rawValue: keyExchange) else {
        let known = CallKeyExchange.allCases.map(\.rawValue).joined(separator: ", ")
        throw .usage("--key-exchange: “\(shown(keyExchange, limit: 80))” is not one of \(known)")
      }
      settings[EngineSetting.keyExchange] = choice.rawValue
    }
    if anonymous { settings[EngineSetting.anonymous] = "yes" }
    for name in settings.keys.sorted() {
      guard address != nil else { throw .usage("--\(name): only for calls to an address, a number or a name") }
      guard others[name] == nil else {
        throw .usage("--\(name) and --set \(name)=… say the same", remedy: "leave one of them out")
      }
    }
    return settings
  }
}

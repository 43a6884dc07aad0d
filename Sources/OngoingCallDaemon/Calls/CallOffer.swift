// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import Systemd

/// A call that somebody suggests, about which the user is asked.
struct CallOffer: Equatable {
  /// What is launched if the user says so; nothing of it changes meanwhile.
  let spec: LaunchSpec
  /// Whom to call, as the user is told.
  let callee: String
  /// Who suggests it; nil is a program of the user's.
  let sandbox: Sandbox?

  /// How it ended.
  enum Answer {
    case called(Session)
    case failed(CallRefusal)
    case declined
    case timedOut

    /// On the bus.
    var word: String {
      switch self {
      case .called: "called"
      case .failed: "failed"
      case .declined: "declined"
      case .timedOut: "timed-out"
      }
    }
  }
}

extension CallsService {
  /// Finds out what is to be launched for a link. Whoever suggests it, the call is the user's own, who decides: it goes
  /// through the user's account, and an application in a sandbox does not get it.
  func offer(_ link: String, _ options: [(String, BusValue)], from caller: Caller) async throws(CallRefusal)
    -> CallOffer
  {
    let permission = Permission(caller: caller)
    let callee: String
    do throws(CallLink.Invalid) { callee = try CallLink(link).callee } catch {
      throw .invalidOption(LaunchOption.uri, "\(error)")
    }
    if let (name, _) = options.first(where: { $0.0 != LaunchOption.account }) {
      throw .invalidOption(name, "unknown option; the only option is \(LaunchOption.account)")
    }
    guard permission.owner == nil || options.isEmpty else {
      throw .notPermitted("option “\(LaunchOption.account)” is not permitted from a sandbox: the user decides")
    }
    do throws(CallRefusal) {
      let launch = try LaunchOptions([(LaunchOption.uri, .string(callee))] + options)
      let accounts = await accounts.current()
      let engines = await installed.current()
      let check = { [configuration] (files: FileFacts) throws(CallRefusal) in
        try launch.spec(engines, accounts, configuration, files)
      }
      let files = await FileFacts.asked { _ = try check($0) }
      return try CallOffer(spec: check(files), callee: callee, sandbox: permission.owner)
    } catch {
      guard permission.owner != nil else { throw error }
      // It would tell of the user's accounts.
      throw .notSupported("this cannot be called")
    }
  }

  /// Launches what the user was shown.
  func launch(_ offer: CallOffer) async throws(CallRefusal) -> Session {
    try await launch(offer.spec, mustLinger: false)
  }
}

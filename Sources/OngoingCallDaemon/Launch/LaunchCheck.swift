// SPDX-License-Identifier: Apache-2.0
import CallModel
import Systemd

// What is to be launched, found out.

extension CallsService {
  /// Returns once the engine runs, or starts nothing.
  func launch(_ options: LaunchOptions) async throws(CallRefusal) -> Session {
    // What the options lend, such as a descriptor, is theirs only until the first pause.
    let process = try SpareDescriptor.use { () throws(CallRefusal) in try options.adoption() }
    let accounts = options.mayNeedAccount ? await accounts.current() : accounts.list
    let engines = process == nil ? await installed.current() : EngineList(all: [])
    let check = { [configuration] (files: FileFacts) throws(CallRefusal) in
      guard let process else { return try options.spec(engines, accounts, configuration, files) }
      return try options.spec(adopting: process, configuration, files)
    }
    let files = await FileFacts.asked { _ = try check($0) }
    return try await launch(check(files), adopting: process, mustLinger: options.mustLinger)
  }

  /// Launches what the far end of another call has asked for, which has the same engine.
  func launch(referred spec: LaunchSpec) async throws(CallRefusal) -> Session {
    var spec = spec
    spec.engine = try await installed.current().engine(named: spec.engine.name)
    return try await launch(spec, mustLinger: false)
  }

  /// Launches what was launched before, once for that session however often it is asked for.
  func launchAgain(_ spec: LaunchSpec, insteadOf id: String) async throws(CallRefusal) -> Session {
    let engine = try await installed.current().engine(named: spec.engine.name)
    var spec = spec
    spec.engine = engine
    // Whose place it was to take is gone.
    spec.referral = nil
    spec.token = "again-of-\(id)"
    return try await launch(spec, mustLinger: false)
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import EngineChannel
import Logging
import Systemd

extension Session {
  /// Keeps what the account's CA file has at the launch, for the call's later engines: it may be gone by then.
  ///
  /// What cannot be read is not kept. The engine says what is wrong with the file.
  func keepAuthorities() async {
    guard let file = spec.accountSettings?.caFile else { return }
    do throws(FileTrouble) {
      let read: FileJob.Maybe<String> = try await FileWorker.shared.ask(
        .readAuthorities(file), about: file, within: Wait.look)
      if let text = read.value { host.keep(authorities: text, of: id) }
    } catch { log(.warning, "what \(file) has is not kept for the call: \(error)") }
  }

  /// The first engine reads the user's own file, and names it in its errors; later ones get what was kept.
  func nameAuthorities(in join: inout EngineRequest.Join) {
    guard join.resume != nil, join.account?.caFile != nil, let kept = host.authorities(of: id) else { return }
    join.account?.caFile = kept
  }
}

// SPDX-License-Identifier: Apache-2.0
// The `command` engine: one program, one session (Sources/EngineChannel/EngineChannel.docc).
import EngineChannel

do {
  try CommandSession(channel: EngineRuntime()).run()
} catch {
  JournalStream().say(.error, "\(error)")
  throw error
}

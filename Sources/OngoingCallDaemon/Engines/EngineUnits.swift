// SPDX-License-Identifier: Apache-2.0
import CallModel
import Systemd

extension ServiceManager {
  /// The units of all engines, of whatever session.
  func engineUnits() async throws(BusError) -> Set<String> {
    Set(try await units(matching: EngineUnit.prefix + "*" + EngineUnit.suffix).map(\.name))
      .filter { EngineUnit.session(inUnit: $0).flatMap(SessionID.init) != nil }
  }
}

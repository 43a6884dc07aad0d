// SPDX-License-Identifier: Apache-2.0
import Systemd

/// What the service tells the bus.
@EventLoopActor
protocol CallsServiceObserver: AnyObject {
  func sessionAppeared(_ session: Session)
  func sessionChanged(_ session: Session, events: [RecordedEvent], properties: [String])
  func sessionWillDisappear(_ session: Session)
}

// SPDX-License-Identifier: Apache-2.0
import CallLife
import Systemd

/// The engines that are installed, for those who ask often: read again only where a file has changed.
@EventLoopActor
final class InstalledEngines {
  private let catalog: EngineCatalog
  private var files: [Files.Stamp]?
  private var engines: [EngineDescriptor] = []

  init(_ catalog: EngineCatalog) { self.catalog = catalog }

  var all: [EngineDescriptor] {
    let now = catalog.files()
    if now != files { (files, engines) = (now, catalog.engines()) }
    return engines
  }
}

// SPDX-License-Identifier: Apache-2.0
import CallModel
import Systemd

/// The installed engines, as last read. They are checked whenever they matter, and read again if a file has changed.
@EventLoopActor
final class InstalledEngines {
  private let directories: [String]
  private(set) var files: EngineFiles?
  private var isSilent = false
  private var isRefreshing = false
  /// Called when the engines have changed.
  var onChange: (@EventLoopActor () -> Void)?

  /// - Parameter known: what an earlier daemon has read.
  init(_ catalog: EngineCatalog, known: EngineFiles? = nil) { (directories, files) = (catalog.directories, known) }

  /// The engines as far as they are known.
  var list: EngineList {
    EngineList(all: files?.engines ?? [], silent: isSilent ? directories.first : nil)
  }

  /// The current engines; if a folder does not answer, the last known ones.
  func current(within patience: Duration = Wait.look) async -> EngineList {
    await withCheckedContinuation { continuation in ask(directories, within: patience) { continuation.resume() } }
    return list
  }

  /// Reads them in the background, for callers that cannot wait.
  func refresh() {
    guard !isRefreshing else { return }
    isRefreshing = true
    ask(directories, within: Wait.look) { [weak self] in self?.isRefreshing = false }
  }

  /// Reads only the engines of some folders, until the others have answered.
  func read(only some: [String]) {
    guard files == nil, !some.isEmpty else { return }
    ask(some, within: Wait.look) {}
  }

  private func ask(_ asked: [String], within patience: Duration, then: @escaping () -> Void) {
    let isWhole = asked == directories
    FileWorker.shared.submit(about: asked.first ?? "", within: patience) { [weak self] in
      self.map { .engines(asked, known: isWhole ? $0.files?.stamps : nil) } ?? .look([])
    } late: { [weak self] (read: FileJob.Maybe<EngineFiles>) in
      self?.take(read.value, isWhole: isWhole)
    } done: { [weak self] (result: Result<FileJob.Maybe<EngineFiles>, FileTrouble>) in
      switch result {
      case .success(let read): self?.take(read.value, isWhole: isWhole)
      case .failure: self?.isSilent = true
      }
      then()
    }
  }

  private func take(_ read: EngineFiles?, isWhole: Bool) {
    if isWhole { isSilent = false }
    guard let read, read != files else { return }
    // An excerpt from some folders must not be compared with the next complete reading.
    files = isWhole ? read : EngineFiles(stamps: [], engines: read.engines)
    if isWhole { onChange?() }
  }
}

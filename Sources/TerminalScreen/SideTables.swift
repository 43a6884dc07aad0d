// SPDX-License-Identifier: Apache-2.0

/// What cells only have the numbers of: styles, links, and characters that are drawn over others. Numbers that no
/// cell has
/// any more are given out again.
struct SideTables {
  static let maximumStyles = 16 * 1024
  static let maximumLinks = 1024
  static let maximumLinkBytes = 128 * 1024
  static let maximumClusters = 4096
  /// Further ones over the same character are not kept.
  static let clusterLength = 8
  private static let fewest = 1024

  /// How often numbers were given out anew.
  private(set) var generation = 0
  private(set) var styles = [CellStyle()]
  private var styleNumbers = [CellStyle(): UInt16(0)]
  /// `id=1;http://…`; 0 is none.
  private(set) var links: [[UInt8]] = [[]]
  private var linkNumbers: [[UInt8]: UInt16] = [:]
  private var linkBytes = 0
  /// One after the other, each as long; 0 fills them.
  private var clusters: [UInt32] = []

  /// Reached, it is time to collect.
  private var styleLimit = fewest
  private var linkLimit = maximumLinks / 2
  private var clusterLimit = fewest

  /// Numbers of styles, links and clusters that no cell has may be given out again now.
  var areFull: Bool {
    styles.count >= styleLimit || links.count >= linkLimit || clusterCount >= clusterLimit
      || linkBytes >= Self.maximumLinkBytes / 2
  }
  private var clusterCount: Int { clusters.count / Self.clusterLength }

  mutating func number(of style: CellStyle) -> UInt16 {
    if let number = styleNumbers[style] { return number }
    guard styles.count < Self.maximumStyles else { return 0 }
    let number = UInt16(styles.count)
    styles.append(style)
    styleNumbers[style] = number
    return number
  }

  mutating func number(ofLink link: [UInt8]) -> UInt16 {
    guard !link.isEmpty else { return 0 }
    if let number = linkNumbers[link] { return number }
    guard links.count < Self.maximumLinks, linkBytes + link.count <= Self.maximumLinkBytes else { return 0 }
    let number = UInt16(links.count)
    links.append(link)
    linkNumbers[link] = number
    linkBytes += link.count
    return number
  }

  /// Draws another character over those of the cell.
  mutating func combine(_ scalar: UInt32, into cell: inout Cell) {
    guard clusterCount < Self.maximumClusters else { return }
    var scalars = self.scalars(of: cell)
    guard !scalars.isEmpty, scalars.count < Self.clusterLength else { return }
    scalars.append(scalar)
    cell.setCluster(clusterCount)
    clusters += scalars + [UInt32](repeating: 0, count: Self.clusterLength - scalars.count)
  }

  func scalars(of cell: Cell) -> [UInt32] {
    guard let number = cell.clusterNumber else { return cell.isBlank || cell.isSpacer ? [] : [cell.scalar] }
    let first = number * Self.clusterLength
    return clusters[first..<first + Self.clusterLength].filter { $0 != 0 }
  }
}

// MARK: - Numbers that are given out again

extension SideTables {
  /// Keeps what is noted, and numbers it anew.
  struct Collection {
    private let old: SideTables
    private(set) var tables = SideTables()
    private var styles: [UInt16?]
    private var links: [UInt16?]

    init(_ old: SideTables) {
      self.old = old
      styles = Array(repeating: nil, count: old.styles.count)
      links = Array(repeating: nil, count: old.links.count)
      tables.generation = old.generation + 1
    }

    mutating func keep(style: inout UInt16) {
      let new = styles[Int(style)] ?? tables.number(of: old.styles[Int(style)])
      styles[Int(style)] = new
      style = new
    }

    mutating func keep(link: inout UInt16) {
      guard link != 0 else { return }
      let new = links[Int(link)] ?? tables.number(ofLink: old.links[Int(link)])
      links[Int(link)] = new
      link = new
    }

    mutating func keep(_ cell: inout Cell) {
      if cell.style != 0 { keep(style: &cell.style) }
      if cell.link != 0 { keep(link: &cell.link) }
      if let number = cell.clusterNumber {
        let first = number * SideTables.clusterLength
        cell.setCluster(tables.clusterCount)
        tables.clusters += old.clusters[first..<first + SideTables.clusterLength]
      }
    }

    /// Whether so much is left that the next collection would come soon.
    var isMuch: Bool {
      tables.styles.count > maximumStyles / 2 || tables.links.count > maximumLinks / 2
        || tables.linkBytes > maximumLinkBytes / 2 || tables.clusterCount > maximumClusters / 2
    }

    /// At the end: when it is time for the next.
    consuming func finished() -> SideTables {
      tables.styleLimit = Self.next(tables.styles.count, maximumStyles)
      tables.linkLimit = Self.next(tables.links.count, maximumLinks)
      tables.clusterLimit = Self.next(tables.clusterCount, maximumClusters)
      return tables
    }

    /// Not before a fair number of new ones, so that collecting costs little for each; and while there is room.
    private static func next(_ count: Int, _ maximum: Int) -> Int { min(maximum / 2, max(fewest, count * 2)) }
  }
}

// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Three reserved descriptors, for what must not fail when no descriptor is free.
@EventLoopActor
public enum SpareDescriptor {
  private static var descriptors: [Int32] = []

  /// Reserves them. Call this while descriptors are available.
  public static func hold() {
    descriptors += taken(3 - descriptors.count)
  }

  /// Whether so many descriptors are free, without these.
  static func areFree(_ count: Int) -> Bool {
    let taken = taken(count)
    for descriptor in taken { close(descriptor) }
    return taken.count == count
  }

  /// As many descriptors as are free, up to `count`.
  private static func taken(_ count: Int) -> [Int32] {
    var taken: [Int32] = []
    while taken.count < count {
      let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { break }
      taken.append(descriptor)
    }
    return taken
  }

  /// Frees them for `body`, which opens at most three descriptors at a time, and closes them.
  public static func use<T, E>(_ body: () throws(E) -> T) throws(E) -> T {
    guard !descriptors.isEmpty else { return try body() }
    for descriptor in descriptors { close(descriptor) }
    descriptors = []
    defer { hold() }
    return try body()
  }
}

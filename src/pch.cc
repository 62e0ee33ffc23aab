// Owns the precompiled header that every target reuses (see cmake/Folder.cmake).

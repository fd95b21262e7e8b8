// Package model holds the catalog objects of the metastore: databases, tables, partitions, storage descriptors,
// statistics, functions and constraints, with the meaning they have in Hive's metastore.
//
// Column types are kept as Hive type text ("array<struct<a:int>>"): the metastore stores what was declared and leaves its
// interpretation to the reader, so a type a newer writer knows does not make a catalog unreadable.
//
// Objects returned by a catalog may be kept by the caller. StorageDescriptor values are shared between tables and
// partitions and are never changed in place: Clone first.
package model

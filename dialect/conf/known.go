package conf

import (
	"slices"
	"strings"
)

// integers, longs and floats are Hive's settings with such a value, of 3.1 and of 4.0; others are the rest of its settings.
const integers = `
hive.arrow.batch.size hive.async.cleanup.service.queue.size hive.async.cleanup.service.thread.count
hive.ats.hook.queue.capacity hive.basic.stats.max.threads.factor hive.binary.record.max.length hive.cbo.cnf.maxnodes
hive.cli.pretty.output.num.cols hive.compactor.abortedtxn.threshold hive.compactor.active.delta.dir.threshold
hive.compactor.cleaner.threads.num hive.compactor.delta.num.threshold hive.compactor.history.retention.attempted
hive.compactor.history.retention.failed hive.compactor.history.retention.succeeded
hive.compactor.initiator.failed.compacts.threshold hive.compactor.max.num.delta
hive.compactor.obsolete.delta.dir.threshold hive.compactor.request.queue hive.compactor.small.delta.dir.threshold
hive.compactor.worker.threads hive.compute.splits.num.threads hive.direct.sql.max.elements.in.clause
hive.direct.sql.max.elements.values.clause hive.direct.sql.max.query.length
hive.driver.parallel.compilation.global.limit hive.druid.http.numConnection hive.druid.indexer.memory.rownum.max
hive.druid.indexer.partition.size.max hive.druid.maxTries hive.druid.select.threshold
hive.exec.input.listing.max.threads hive.exec.job.debug.timeout hive.exec.max.dynamic.partitions
hive.exec.max.dynamic.partitions.pernode hive.exec.mode.local.auto.input.files.max hive.exec.orc.base.delta.ratio
hive.exec.parallel.thread.number hive.exec.reducers.max hive.exec.script.maxerrsize hive.exec.tasklog.debug.timeout
hive.explain.node.visit.limit hive.file.max.footer hive.groupby.mapaggr.checkinterval hive.hashtable.initialCapacity
hive.heartbeat.interval hive.hmshandler.retry.attempts hive.hook.proto.queue.capacity
hive.iceberg.expire.snapshot.numthreads hive.io.rcfile.column.number.conf hive.io.rcfile.record.buffer.size
hive.io.rcfile.record.interval hive.io.sarg.cache.max.weight.mb hive.jobname.length hive.join.cache.size
hive.join.emit.interval hive.limit.optimize.fetch.max hive.limit.optimize.limit.file
hive.llap.daemon.am-reporter.max.threads hive.llap.daemon.communicator.num.threads
hive.llap.daemon.memory.per.instance.mb hive.llap.daemon.metrics.simple.average.data.points
hive.llap.daemon.metrics.timed.window.average.data.points hive.llap.daemon.num.executors
hive.llap.daemon.num.file.cleaner.threads hive.llap.daemon.output.service.max.pending.writes
hive.llap.daemon.output.service.port hive.llap.daemon.output.service.send.buffer.size
hive.llap.daemon.rpc.num.handlers hive.llap.daemon.rpc.port hive.llap.daemon.task.scheduler.wait.queue.size
hive.llap.daemon.vcpus.per.instance hive.llap.daemon.web.port hive.llap.daemon.yarn.container.mb
hive.llap.daemon.yarn.shuffle.port hive.llap.external.client.cloud.output.service.port
hive.llap.external.client.cloud.rpc.port hive.llap.io.allocator.arena.count hive.llap.io.encode.slice.row.count
hive.llap.io.encode.threadpool.multiplier hive.llap.io.lrfu.bp.wrapper.size hive.llap.io.threadpool.size
hive.llap.io.vrb.queue.limit.base hive.llap.io.vrb.queue.limit.max hive.llap.io.vrb.queue.limit.min
hive.llap.management.rpc.port hive.llap.max.concurrent.requests.per.daemon
hive.llap.memory.oversubscription.max.executors.per.query hive.llap.nodehealthchecks.maxnodes
hive.llap.nodehealthchecks.mintasks hive.llap.plugin.client.num.threads hive.llap.plugin.rpc.num.handlers
hive.llap.plugin.rpc.port hive.llap.task.communicator.listener.thread-count
hive.llap.task.scheduler.num.schedulable.tasks.per.node hive.load.dynamic.partitions.thread
hive.localize.resource.num.wait.attempts hive.lock.numretries hive.lock.query.string.max.length
hive.locks.max.partitions hive.mapjoin.bucket.cache.size hive.mapjoin.hashtable.load.threads
hive.mapjoin.hybridgrace.memcheckfrequency hive.mapjoin.hybridgrace.minnumpartitions
hive.mapjoin.hybridgrace.minwbsize hive.mapjoin.optimized.hashtable.wbsize hive.mapred.local.mem hive.max.open.txns
hive.metastore.aggregate.stats.cache.max.partitions hive.metastore.aggregate.stats.cache.size
hive.metastore.batch.retrieve.max hive.metastore.batch.retrieve.table.partition.max
hive.metastore.client.cache.initial.capacity hive.metastore.client.cache.max.capacity hive.metastore.connect.retries
hive.metastore.direct.sql.batch.size hive.metastore.failure.retries hive.metastore.fshandler.threads
hive.metastore.hbase.file.metadata.threads hive.metastore.limit.partition.request hive.metastore.port
hive.metastore.server.max.threads hive.metastore.server.min.threads hive.metastore.wm.default.pool.size
hive.msck.repair.batch.max.retries hive.msck.repair.batch.size hive.mv.files.thread
hive.new.job.grouping.set.cardinality hive.notification.sequence.lock.max.retries
hive.optimize.cte.materialize.threshold hive.optimize.point.lookup.min hive.optimize.reducededuplication.min.reducer
hive.optimize.sampling.orderby.number hive.optimize.sort.dynamic.partition.threshold
hive.optimize.topnkey.efficiency.check.nbatches hive.optimize.topnkey.max hive.optimize.topnkey.partitions.max
hive.optimize.transform.in.maxnodes hive.orc.compute.splits.num.threads hive.orc.splits.directory.batch.ms
hive.prewarm.numcontainers hive.ptf.rangecache.size hive.ptf.valuecache.size hive.query.recompilation.max.count
hive.query.reexecution.max.count hive.query.reexecution.stats.cache.batch.size hive.query.reexecution.stats.cache.size
hive.repl.approx.max.load.tasks hive.repl.load.partitions.batch.size
hive.repl.load.partitions.with.data.copy.batch.size hive.repl.parallel.copy.tasks
hive.repl.partitions.dump.parallelism hive.repl.retain.prev.dump.dir.count hive.repl.stats.events.count
hive.repl.table.dump.parallelism hive.sample.seednumber hive.scheduled.queries.max.executors
hive.server2.async.exec.threads hive.server2.async.exec.wait.queue.size
hive.server2.iceberg.metadata.generator.threads hive.server2.limit.connections.per.ipaddress
hive.server2.limit.connections.per.user hive.server2.limit.connections.per.user.ipaddress
hive.server2.llap.concurrent.queries hive.server2.tez.sessions.init.threads
hive.server2.tez.sessions.per.default.queue hive.server2.thrift.client.connect.retry.limit
hive.server2.thrift.client.retry.limit hive.server2.thrift.http.port hive.server2.thrift.http.request.header.size
hive.server2.thrift.http.response.header.size hive.server2.thrift.max.message.size
hive.server2.thrift.max.worker.threads hive.server2.thrift.min.worker.threads hive.server2.thrift.port
hive.server2.thrift.resultset.default.fetch.size hive.server2.thrift.resultset.max.fetch.size
hive.server2.webui.max.graph.size hive.server2.webui.max.historic.queries hive.server2.webui.max.threads
hive.server2.webui.port hive.server2.wm.worker.threads hive.skewjoin.key hive.skewjoin.mapjoin.map.tasks
hive.smbjoin.cache.rows hive.spark.client.rpc.max.size hive.spark.client.rpc.threads hive.spark.job.max.tasks
hive.spark.stage.max.tasks hive.stats.gather.num.threads hive.stats.kll.k.param hive.stats.list.num.entries
hive.stats.map.num.entries hive.stats.max.variable.length hive.test.bucketcodec.version hive.test.mode.samplefreq
hive.tez.bloom.filter.merge.threads hive.tez.container.size hive.tez.cpu.vcores
hive.tez.unordered.output.buffer.size.mb hive.transactional.events.mem hive.txn.acid.dir.cache.duration
hive.txn.acid.metrics.delta.num.threshold hive.txn.acid.metrics.max.cache.size
hive.txn.acid.metrics.obsolete.delta.num.threshold hive.txn.heartbeat.threadpool.size hive.txn.max.open.batch
hive.txn.operational.properties hive.txn.retrysnapshot.max.count hive.unlock.numretries hive.variable.substitute.depth
hive.vectorized.execution.mapjoin.overflow.repeated.threshold hive.vectorized.groupby.checkinterval
hive.vectorized.groupby.maxentries hive.vectorized.ptf.max.memory.buffering.batch.count
hive.vectorized.testing.reducer.batch.size hive.write.notification.max.batch.size hive.xprod.mapjoin.small.table.rows
hive.zookeeper.connection.max.retries
`

const longs = `
hive.arrow.batch.allocator.limit hive.arrow.root.allocator.limit hive.auto.convert.join.hashtable.max.entries
hive.auto.convert.join.noconditionaltask.size hive.auto.convert.join.shuffle.max.size hive.compactor.wait.timeout
hive.druid.passiveWaitTimeMs hive.exec.copyfile.maxnumfiles hive.exec.copyfile.maxsize
hive.exec.counters.pull.interval hive.exec.max.created.files hive.exec.mode.local.auto.inputbytes.max
hive.exec.orc.blob.storage.split.size hive.exec.reducers.bytes.per.reducer hive.fetch.task.conversion.threshold
hive.limit.row.max.size hive.llap.auto.max.input.size hive.llap.auto.max.output.size
hive.llap.io.cvb.memory.consumption. hive.llap.mapjoin.memory.monitor.check.interval hive.log.every.n.records
hive.mapjoin.check.memory.rows hive.mapjoin.smalltable.filesize hive.merge.size.per.task hive.merge.smallfiles.avgsize
hive.metastore.server.max.message.size hive.optimize.limittranspose.reductiontuples
hive.query.results.cache.max.entry.size hive.query.results.cache.max.size hive.server2.max.start.attempts
hive.skewjoin.mapjoin.min.split hive.spark.dynamic.partition.pruning.max.data.size hive.stats.max.num.stats
hive.tez.bigtable.minsize.semijoin.reduction hive.tez.dynamic.partition.pruning.max.data.size
hive.tez.dynamic.partition.pruning.max.event.size hive.tez.max.bloom.filter.entries hive.tez.min.bloom.filter.entries
`

const floats = `
hive.cardinality.preserving.join.optimization.factor hive.compactor.delta.pct.threshold
hive.hash.table.inflation.factor hive.hashtable.key.count.adjustment hive.hashtable.loadfactor
hive.heap.memory.monitor.usage.threshold hive.limit.pushdown.memory.usage hive.llap.io.lrfu.hotbuffers.percentage
hive.llap.io.lrfu.lambda hive.llap.mapjoin.memory.oversubscribe.factor hive.llap.nodehealthchecks.executorratio
hive.llap.nodehealthchecks.tasktimeratio hive.llap.task.scheduler.node.disable.backoff.factor
hive.map.aggr.hash.flush.size.percent hive.map.aggr.hash.force.flush.memory.threshold hive.map.aggr.hash.min.reduction
hive.map.aggr.hash.min.reduction.lower.bound hive.map.aggr.hash.percentmemory
hive.mapjoin.followby.gby.localtask.max.memory.usage hive.mapjoin.followby.map.aggr.hash.percentmemory
hive.mapjoin.localtask.max.memory.usage hive.mapjoin.optimized.hashtable.probe.percent
hive.materializedview.rebuild.incremental.factor hive.metastore.aggregate.stats.cache.clean.until
hive.metastore.aggregate.stats.cache.fpp hive.metastore.aggregate.stats.cache.max.full
hive.metastore.aggregate.stats.cache.max.variance hive.metastore.stats.ndv.tuner
hive.optimize.limittranspose.reductionpercentage hive.optimize.sampling.orderby.percent
hive.optimize.topnkey.efficiency.threshold hive.repl.retry.backoff.coefficient hive.stats.deserialization.factor
hive.stats.filter.in.factor hive.stats.filter.in.min.ratio hive.stats.join.factor hive.stats.ndv.error
hive.stats.ndv.estimate.percent hive.stats.num.nulls.estimate.percent hive.stats.udtf.factor
hive.test.load.utilization hive.tez.auto.reducer.parallelism.min.threshold hive.tez.bloom.filter.factor
hive.tez.container.max.java.heap.fraction hive.tez.dynamic.semijoin.reduction.for.dpp.factor
hive.tez.dynamic.semijoin.reduction.threshold hive.tez.llap.min.reducer.per.executor hive.tez.max.partition.factor
hive.tez.min.partition.factor hive.tez.smb.number.waves hive.tez.task.scale.memory.reserve-fraction.min
hive.tez.task.scale.memory.reserve.fraction hive.tez.task.scale.memory.reserve.fraction.max
hive.txn.acid.metrics.delta.pct.threshold hive.vectorized.groupby.flush.percent
`

const others = `
hive.acid.createtable.softdelete hive.acid.direct.insert.enabled hive.acid.droppartition.usebase
hive.acid.lockless.reads.enabled hive.acid.renamepartition.makecopy hive.acid.truncate.usebase
hive.added.archives.path hive.added.files.path hive.added.jars.path hive.additional.config.files hive.alias
hive.allow.udf.load.on.demand hive.analyze.stmt.collect.partlevel.stats hive.archive.enabled hive.async.log.enabled
hive.auto.convert.anti.join hive.auto.convert.join hive.auto.convert.join.noconditionaltask
hive.auto.convert.join.use.nonstaged hive.auto.convert.sortmerge.join
hive.auto.convert.sortmerge.join.bigtable.selection.policy hive.auto.convert.sortmerge.join.reduce.side
hive.auto.convert.sortmerge.join.to.mapjoin hive.auto.progress.timeout hive.autogen.columnalias.prefix.includefuncname
hive.autogen.columnalias.prefix.label hive.aux.jars.path hive.avro.proleptic.gregorian
hive.avro.proleptic.gregorian.default hive.avro.timestamp.legacy.conversion.enabled
hive.avro.timestamp.skip.conversion hive.avro.timestamp.write.legacy.conversion.enabled
hive.blobstore.optimizations.enabled hive.blobstore.supported.schemes hive.blobstore.use.blobstore.as.scratchdir
hive.cache.expr.evaluation hive.cbo.costmodel.cpu hive.cbo.costmodel.extended hive.cbo.costmodel.hdfs.read
hive.cbo.costmodel.hdfs.write hive.cbo.costmodel.local.fs.read hive.cbo.costmodel.local.fs.write
hive.cbo.costmodel.network hive.cbo.enable hive.cbo.fallback.strategy hive.cbo.returnpath.hiveop
hive.cbo.rule.exclusion.regex hive.cbo.show.warnings hive.cbo.stats.correlated.multi.key.joins
hive.classloader.shade.prefix hive.cli.errors.ignore hive.cli.print.current.db hive.cli.print.escape.crlf
hive.cli.print.header hive.cli.prompt hive.cli.tez.initialize.session hive.cli.tez.session.async
hive.client.stats.counters hive.client.stats.publishers hive.cluster.delegation.token.store.class
hive.cluster.delegation.token.store.zookeeper.acl hive.cluster.delegation.token.store.zookeeper.connectString
hive.cluster.delegation.token.store.zookeeper.znode hive.combine.equivalent.work.optimization
hive.compaction.merge.enabled hive.compactor.aborted.txn.time.threshold hive.compactor.acid.metrics.logger.frequency
hive.compactor.check.interval hive.compactor.cleaner.duration.update.interval
hive.compactor.cleaner.retention.time.seconds hive.compactor.cleaner.run.interval hive.compactor.compact.insert.only
hive.compactor.crud.query.based hive.compactor.delayed.cleanup.enabled hive.compactor.gather.stats
hive.compactor.history.reaper.interval hive.compactor.initiator.duration.update.interval hive.compactor.initiator.on
hive.compactor.job.queue hive.compactor.worker.max.sleep.time hive.compactor.worker.sleep.time
hive.compactor.worker.timeout hive.compat hive.compute.query.using.stats hive.compute.splits.in.am
hive.concatenate.external.table hive.conf.hidden.list hive.conf.internal.variable.list hive.conf.locked.list
hive.conf.restricted.list hive.conf.validation hive.constraint.notnull.enforce hive.convert.join.bucket.mapjoin.tez
hive.count.open.txns.interval hive.counters.group.name hive.create.as.acid hive.create.as.external.legacy
hive.create.as.insert.only hive.ctas.external.tables hive.current.database hive.datetime.formatter
hive.datetime.formatter.resolver.style hive.ddl.createtablelike.properties.whitelist hive.ddl.output.format
hive.debug.localtask hive.decode.partition.name hive.default.fileformat hive.default.fileformat.managed
hive.default.nulls.last hive.default.rcfile.serde hive.default.serde hive.default.storage.handler.class
hive.describe.partitionedtable.ignore.stats hive.disable.unsafe.external.table.operations
hive.display.partition.cols.separately hive.distcp.privileged.doAs hive.downloaded.resources.dir
hive.driver.parallel.compilation hive.druid.basePersistDirectory hive.druid.bitmap.type
hive.druid.broker.address.default hive.druid.coordinator.address.default hive.druid.http.read.timeout
hive.druid.indexer.segments.granularity hive.druid.kerberos.enable hive.druid.metadata.base
hive.druid.metadata.db.type hive.druid.metadata.password hive.druid.metadata.uri hive.druid.metadata.username
hive.druid.overlord.address.default hive.druid.rollup hive.druid.sleep.time hive.druid.storage.storageDirectory
hive.druid.working.directory hive.enforce.bucketing hive.enforce.bucketmapjoin hive.enforce.sorting
hive.enforce.sortmergebucketmapjoin hive.entity.capture.transform hive.entity.separator hive.error.on.empty.partition
hive.exec.check.crossproducts hive.exec.compress.intermediate hive.exec.compress.output
hive.exec.default.partition.name hive.exec.driver.run.hooks hive.exec.drop.ignorenonexistent
hive.exec.dynamic.partition hive.exec.dynamic.partition.mode hive.exec.dynamic.partition.type.conversion
hive.exec.failure.hooks hive.exec.infer.bucket.sort hive.exec.infer.bucket.sort.num.buckets.power.two
hive.exec.job.debug.capture.stacktraces hive.exec.local.scratchdir hive.exec.log4j.file hive.exec.mode.local.auto
hive.exec.orc.delta.streaming.optimizations.enabled hive.exec.orc.split.strategy
hive.exec.orc.writer.llap.memory.manager.enabled hive.exec.parallel hive.exec.perf.logger hive.exec.plan
hive.exec.post.hooks hive.exec.pre.hooks hive.exec.query.redactor.hooks hive.exec.rcfile.use.explicit.header
hive.exec.rcfile.use.sync.cache hive.exec.rowoffset hive.exec.schema.evolution hive.exec.scratchdir
hive.exec.script.allow.partial.consumption hive.exec.script.trust hive.exec.script.wrapper
hive.exec.show.job.failure.debug.info hive.exec.stagingdir hive.exec.submit.local.task.via.child
hive.exec.submitviachild hive.exec.temporary.table.storage hive.execution.engine hive.execution.mode
hive.exim.strict.repl.tables hive.exim.test.mode hive.exim.uri.scheme.whitelist
hive.explain.dependency.append.tasktype hive.explain.user hive.extend.bucketid.range hive.external.table.purge.default
hive.fetch.output.serde hive.fetch.task.aggr hive.fetch.task.caching hive.fetch.task.conversion hive.fileformat.check
hive.groupby.limit.extrastep hive.groupby.orderby.position.alias hive.groupby.position.alias hive.groupby.skewindata
hive.hadoop.classpath hive.hbase.generatehfiles hive.hbase.snapshot.name hive.hbase.snapshot.restoredir
hive.hbase.wal.enabled hive.hdfs.encryption.shim.cache.on hive.hmshandler.force.reload.conf
hive.hmshandler.retry.interval hive.hook.proto.base-directory hive.hook.proto.events.clean.freq
hive.hook.proto.events.ttl hive.hook.proto.file.per.event hive.hook.proto.rollover-interval
hive.iceberg.allow.datafiles.in.table.location.only hive.iceberg.mask.default.location hive.iceberg.stats.source
hive.ignore.mapjoin.hint hive.in.ide.test hive.in.repl.test hive.in.repl.test.files.sorted hive.in.ssl.test
hive.in.test hive.in.tez.test hive.input.format hive.insert.into.external.tables hive.insert.into.multilevel.dirs
hive.int.timestamp.conversion.in.seconds hive.intermediate.compression.codec hive.intermediate.compression.type
hive.io.exception.handlers hive.io.rcfile.tolerate.corruptions hive.jar.directory hive.jar.path
hive.jdbc.pushdown.enable hive.jdbc.pushdown.safe.enable hive.join.inner.residual hive.join.shortcut.unmatched.rows
hive.kudu.master.addresses.default hive.lazysimple.extended_boolean_literal hive.legacy.schema.for.all.serdes
hive.limit.optimize.enable hive.lineage.hook.info.enabled hive.llap.allow.permanent.fns
hive.llap.am.liveness.connection.sleep.between.retries.ms hive.llap.am.liveness.connection.timeout.ms
hive.llap.am.use.fqdn hive.llap.auto.allow.uber hive.llap.auto.auth hive.llap.auto.enforce.stats
hive.llap.auto.enforce.tree hive.llap.auto.enforce.vectorized hive.llap.cache.allow.synthetic.fileid
hive.llap.cache.defaultfs.only.native.fileid hive.llap.cache.hydration.save.dir
hive.llap.cache.hydration.strategy.class hive.llap.client.consistent.splits hive.llap.daemon.acl
hive.llap.daemon.acl.blocked hive.llap.daemon.am.liveness.heartbeat.interval.ms hive.llap.daemon.container.id
hive.llap.daemon.delegation.token.lifetime hive.llap.daemon.delegation.token.renew.interval
hive.llap.daemon.download.permanent.fns hive.llap.daemon.keytab.file hive.llap.daemon.logger
hive.llap.daemon.metrics.timed.window.average.window.length hive.llap.daemon.nm.address
hive.llap.daemon.output.stream.timeout hive.llap.daemon.queue.name hive.llap.daemon.service.hosts
hive.llap.daemon.service.refresh.interval.sec hive.llap.daemon.shuffle.dir.watcher.enabled
hive.llap.daemon.task.preemption.metrics.intervals hive.llap.daemon.task.scheduler.enable.preemption
hive.llap.daemon.umbilical.port hive.llap.daemon.wait.queue.comparator.class.name hive.llap.daemon.web.ssl
hive.llap.daemon.web.xframe.enabled hive.llap.daemon.web.xframe.value hive.llap.daemon.work.dirs
hive.llap.daemon.xmx.headroom hive.llap.enable.grace.join.in.llap hive.llap.exec.use.fqdn hive.llap.execution.mode
hive.llap.external.client.cloud.deployment.setup.enabled hive.llap.external.client.cloud.jwt.shared.secret
hive.llap.external.client.cloud.jwt.shared.secret.provider hive.llap.external.client.use.hybrid.calendar
hive.llap.external.splits.order.by.force.single.split hive.llap.external.splits.temp.table.storage.format
hive.llap.file.cleanup.delay.seconds hive.llap.hdfs.package.dir hive.llap.hs2.coordinator.enabled hive.llap.io.acid
hive.llap.io.allocator.alloc.max hive.llap.io.allocator.alloc.min hive.llap.io.allocator.defrag.headroom
hive.llap.io.allocator.direct hive.llap.io.allocator.discard.method hive.llap.io.allocator.max.force.eviction
hive.llap.io.allocator.mmap hive.llap.io.allocator.mmap.path hive.llap.io.allocator.preallocate
hive.llap.io.cache.deletedeltas hive.llap.io.cache.only hive.llap.io.decoding.metrics.percentiles.intervals
hive.llap.io.enabled hive.llap.io.encode.alloc.size hive.llap.io.encode.enabled hive.llap.io.encode.formats
hive.llap.io.encode.slice.lrr hive.llap.io.encode.vector.serde.async.enabled hive.llap.io.encode.vector.serde.enabled
hive.llap.io.etl.skip.format hive.llap.io.memory.mode hive.llap.io.memory.size hive.llap.io.nonvector.wrapper.enabled
hive.llap.io.orc.time.counters hive.llap.io.path.cache.size hive.llap.io.proactive.eviction.enabled
hive.llap.io.proactive.eviction.instant.dealloc hive.llap.io.proactive.eviction.sweep.interval
hive.llap.io.row.wrapper.enabled hive.llap.io.share.object.pools hive.llap.io.trace.always.dump
hive.llap.io.trace.size hive.llap.io.track.cache.usage hive.llap.io.use.fileid.path hive.llap.io.use.lrfu
hive.llap.kerberos.enabled hive.llap.lockmetrics.collect hive.llap.management.acl hive.llap.management.acl.blocked
hive.llap.nodehealthchecks.minintervalduration hive.llap.object.cache.enabled hive.llap.orc.gap.cache
hive.llap.output.format.arrow hive.llap.plugin.acl hive.llap.plugin.acl.blocked
hive.llap.remote.token.requires.signing hive.llap.skip.compile.udf.check hive.llap.split.location.provider.class
hive.llap.task.communicator.connection.sleep.between.retries.ms hive.llap.task.communicator.connection.timeout.ms
hive.llap.task.keytab.file hive.llap.task.principal hive.llap.task.scheduler.am.collect.daemon.metrics.listener
hive.llap.task.scheduler.am.collect.daemon.metrics.ms hive.llap.task.scheduler.am.registry
hive.llap.task.scheduler.am.registry.keytab.file hive.llap.task.scheduler.am.registry.principal
hive.llap.task.scheduler.locality.delay hive.llap.task.scheduler.node.reenable.max.timeout.ms
hive.llap.task.scheduler.node.reenable.min.timeout.ms hive.llap.task.scheduler.preempt.independent
hive.llap.task.scheduler.timeout.seconds hive.llap.task.time.print.summary hive.llap.validate.acls
hive.llap.webui.spnego.keytab hive.llap.webui.spnego.principal hive.llap.zk.registry.namespace
hive.llap.zk.registry.user hive.llap.zk.sm.connectionString hive.llap.zk.sm.keytab.file hive.llap.zk.sm.principal
hive.llap.zk.sm.session.timeout hive.load.data.owner hive.load.data.use.native.api
hive.load.dynamic.partitions.scan.specific.partitions hive.local.time.zone hive.localize.resource.wait.interval
hive.lock.file.move.protect hive.lock.manager hive.lock.mapred.only.operation hive.lock.sleep.between.retries
hive.lockmgr.zookeeper.default.partition.name hive.log.explain.output hive.log.explain.output.include.extended
hive.log.explain.output.to.console hive.log.trace.id hive.log4j.file hive.map.aggr
hive.map.aggr.hash.min.reduction.stats hive.map.groupby.sorted hive.mapjoin.full.outer
hive.mapjoin.hybridgrace.bloomfilter hive.mapjoin.hybridgrace.hashtable hive.mapjoin.optimized.hashtable
hive.mapjoin.testing.no.hash.table.load hive.mapper.cannot.span.multiple.partitions hive.mapred.job.follow.tez.queue
hive.mapred.mode hive.mapred.partitioner hive.mapred.reduce.tasks.speculative.execution
hive.mapred.supports.subdirectories hive.masking.algo hive.materializedview.fileformat
hive.materializedview.rebuild.incremental hive.materializedview.rewriting hive.materializedview.rewriting.incremental
hive.materializedview.rewriting.sql hive.materializedview.rewriting.sql.subquery
hive.materializedview.rewriting.strategy hive.materializedview.rewriting.time.window hive.materializedview.serde
hive.merge.cardinality.check hive.merge.mapfiles hive.merge.mapredfiles hive.merge.nway.joins
hive.merge.orcfile.stripe.level hive.merge.rcfile.block.level hive.merge.sparkfiles hive.merge.tezfiles
hive.metadata.export.location hive.metadata.move.exported.metadata.to.trash
hive.metastore.aggregate.stats.cache.enabled hive.metastore.aggregate.stats.cache.max.reader.wait
hive.metastore.aggregate.stats.cache.max.writer.wait hive.metastore.aggregate.stats.cache.ttl
hive.metastore.archive.intermediate.archived hive.metastore.archive.intermediate.extracted
hive.metastore.archive.intermediate.original hive.metastore.authorization.storage.check.externaltable.drop
hive.metastore.authorization.storage.checks hive.metastore.cache.pinobjtypes hive.metastore.client.cache.enabled
hive.metastore.client.cache.expiry.time hive.metastore.client.cache.stats.enabled
hive.metastore.client.cache.v2.enabled hive.metastore.client.cache.v2.maxSize
hive.metastore.client.cache.v2.recordStats hive.metastore.client.capabilities hive.metastore.client.capability.check
hive.metastore.client.connect.retry.delay hive.metastore.client.drop.partitions.using.expressions
hive.metastore.client.kerberos.principal hive.metastore.client.socket.lifetime hive.metastore.client.socket.timeout
hive.metastore.db.type hive.metastore.dbaccess.ssl.properties hive.metastore.disallow.incompatible.col.type.changes
hive.metastore.dml.events hive.metastore.ds.connection.url.hook hive.metastore.end.function.listeners
hive.metastore.event.clean.freq hive.metastore.event.db.listener.timetolive
hive.metastore.event.db.notification.api.auth hive.metastore.event.expiry.duration hive.metastore.event.listeners
hive.metastore.event.message.factory hive.metastore.execute.setugi hive.metastore.expression.proxy
hive.metastore.fastpath hive.metastore.filter.hook hive.metastore.fs.handler.class hive.metastore.init.hooks
hive.metastore.initial.metadata.count.enabled hive.metastore.integral.jdo.pushdown hive.metastore.kerberos.keytab.file
hive.metastore.kerberos.principal hive.metastore.keystore.password hive.metastore.keystore.path
hive.metastore.metrics.enabled hive.metastore.orm.retrieveMapNullsAsEmptyStrings
hive.metastore.partition.inherit.table.properties hive.metastore.partition.name.whitelist.pattern
hive.metastore.pre.event.listeners hive.metastore.rawstore.impl hive.metastore.sasl.enabled
hive.metastore.schema.info.class hive.metastore.schema.verification hive.metastore.schema.verification.record.version
hive.metastore.server.tcp.keepalive hive.metastore.stats.ndv.densityfunction
hive.metastore.thrift.compact.protocol.enabled hive.metastore.thrift.framed.transport.enabled
hive.metastore.token.signature hive.metastore.transactional.event.listeners hive.metastore.truststore.password
hive.metastore.truststore.path hive.metastore.try.direct.sql hive.metastore.try.direct.sql.ddl
hive.metastore.txn.store.impl hive.metastore.uri.resolver hive.metastore.uri.selection hive.metastore.uris
hive.metastore.use.SSL hive.metastore.warehouse.dir hive.metastore.warehouse.external.dir hive.mm.allow.originals
hive.mm.avoid.s3.globstatus hive.mr.compactor.gather.stats hive.msck.path.validation
hive.multi.insert.move.tasks.share.dependencies hive.multigroupby.singlereducer hive.notification.event.consumers
hive.notification.event.poll.interval hive.notification.sequence.lock.retry.sleep.interval
hive.optimize.acid.meta.columns hive.optimize.bi.enabled hive.optimize.bi.rewrite.countdistinct.enabled
hive.optimize.bi.rewrite.countdistinct.sketch hive.optimize.bi.rewrite.cume_dist.enabled
hive.optimize.bi.rewrite.cume_dist.sketch hive.optimize.bi.rewrite.ntile.enabled hive.optimize.bi.rewrite.ntile.sketch
hive.optimize.bi.rewrite.percentile_disc.enabled hive.optimize.bi.rewrite.percentile_disc.sketch
hive.optimize.bi.rewrite.rank.enabled hive.optimize.bi.rewrite.rank.sketch hive.optimize.bucketingsorting
hive.optimize.bucketmapjoin hive.optimize.bucketmapjoin.sortedmerge hive.optimize.clustered.sort
hive.optimize.constant.propagation hive.optimize.constraints.join hive.optimize.correlation
hive.optimize.countdistinct hive.optimize.cte.materialize.full.aggregate.only hive.optimize.delete.all
hive.optimize.delete.metadata.only hive.optimize.distinct.rewrite hive.optimize.dynamic.partition.hashjoin
hive.optimize.filter.preds.sort hive.optimize.filter.stats.reduction hive.optimize.groupby hive.optimize.index.filter
hive.optimize.join.disjunctive.transitive.predicates.pushdown hive.optimize.joinreducededuplication
hive.optimize.limit hive.optimize.limittranspose hive.optimize.listbucketing
hive.optimize.metadata.query.cache.enabled hive.optimize.metadataonly hive.optimize.null.scan
hive.optimize.partition.columns.separate hive.optimize.point.lookup hive.optimize.ppd hive.optimize.ppd.storage
hive.optimize.ppd.windowing hive.optimize.reducededuplication hive.optimize.remove.identity.project
hive.optimize.remove.sq_count_check hive.optimize.sampling.orderby hive.optimize.scan.probedecode
hive.optimize.semijoin.conversion hive.optimize.shared.work hive.optimize.shared.work.downstream.merge
hive.optimize.shared.work.dppunion hive.optimize.shared.work.dppunion.merge.eventops
hive.optimize.shared.work.extended hive.optimize.shared.work.mapjoin.cache.reuse
hive.optimize.shared.work.merge.ts.schema hive.optimize.shared.work.parallel.edge.support
hive.optimize.shared.work.semijoin hive.optimize.skewjoin hive.optimize.skewjoin.compiletime
hive.optimize.sort.dynamic.partition hive.optimize.topnkey hive.optimize.union.remove
hive.optimize.update.table.properties.from.serde hive.optimize.update.table.properties.from.serde.list
hive.optimize.view.tables.cache.enabled hive.orc.cache.stripe.details.mem.size hive.orc.cache.use.soft.references
hive.orc.splits.allow.synthetic.fileid hive.orc.splits.include.file.footer hive.orc.splits.include.fileid
hive.orc.splits.ms.footer.cache.enabled hive.orc.splits.ms.footer.cache.ppd.enabled hive.order.columnalignment
hive.orderby.position.alias hive.outerjoin.supports.filters hive.output.file.extension
hive.parquet.date.proleptic.gregorian hive.parquet.date.proleptic.gregorian.default hive.parquet.infer.binary.as
hive.parquet.timestamp.legacy.conversion.enabled hive.parquet.timestamp.skip.conversion
hive.parquet.timestamp.time.unit hive.parquet.timestamp.write.legacy.conversion.enabled
hive.parquet.write.int64.timestamp hive.plan.mapwork.serialization.skip.properties
hive.ppd.recognize.column.equalities hive.ppd.recognizetransivity hive.ppd.remove.duplicatefilters
hive.prewarm.enabled hive.prewarm.spark.timeout hive.privilege.synchronizer hive.privilege.synchronizer.interval
hive.ptf.valuecache.collect.statistics hive.qtest.additional.partial.mask.pattern
hive.qtest.additional.partial.mask.replacement.text hive.query.id hive.query.lifetime.hooks hive.query.max.length
hive.query.name hive.query.planmapper.link.relnodes hive.query.reexecution.always.collect.operator.stats
hive.query.reexecution.enabled hive.query.reexecution.stats.persist.scope hive.query.reexecution.strategies
hive.query.result.fileformat hive.query.results.cache.directory hive.query.results.cache.enabled
hive.query.results.cache.max.entry.lifetime hive.query.results.cache.nontransactional.tables.enabled
hive.query.results.cache.wait.for.pending.results hive.query.string hive.query.tag hive.query.timeout.seconds
hive.querylog.enable.plan.progress hive.querylog.location hive.querylog.plan.progress.interval
hive.ranger.use.fully.qualified.url hive.reloadable.aux.jars.path hive.remove.orderby.in.subquery
hive.reorder.nway.joins hive.repl.add.raw.reserved.namespace hive.repl.atlas.client.read.timeout
hive.repl.atlas.endpoint hive.repl.atlas.replicatedto hive.repl.authorization.provider.service
hive.repl.batch.incremental.events hive.repl.bootstrap.acid.tables
hive.repl.bootstrap.dump.abort.write.txn.after.timeout hive.repl.bootstrap.dump.open.txn.timeout
hive.repl.bootstrap.external.tables hive.repl.cm.enabled hive.repl.cm.encryptionzone.rootdir hive.repl.cm.interval
hive.repl.cm.nonencryptionzone.rootdir hive.repl.cm.retain hive.repl.cmrootdir hive.repl.copy.file.list.iterator.retry
hive.repl.dump.include.acid.tables hive.repl.dump.metadata.only hive.repl.dump.metadata.only.for.external.table
hive.repl.dump.skip.immutable.data.copy hive.repl.dumpdir.clean.freq hive.repl.dumpdir.ttl
hive.repl.external.client.connect.timeout hive.repl.external.warehouse.single.copy.task
hive.repl.external.warehouse.single.copy.task.paths hive.repl.externaltable.snapshot.overwrite.target
hive.repl.externaltable.snapshotdiff.copy hive.repl.failover.start hive.repl.filter.transactions
hive.repl.ha.datapath.replace.remote.nameservice hive.repl.ha.datapath.replace.remote.nameservice.name
hive.repl.handle.ranger.deny.policy hive.repl.include.atlas.metadata hive.repl.include.authorization.metadata
hive.repl.include.external.tables hive.repl.include.materialized.views hive.repl.ranger.client.read.timeout
hive.repl.ranger.target.deny.policy hive.repl.replica.external.table.base.dir hive.repl.replica.functions.root.dir
hive.repl.retain.custom.db.locations.on.target hive.repl.retain.prev.dump.dir hive.repl.retry.initial.delay
hive.repl.retry.jitter hive.repl.retry.max.delay.between.retries hive.repl.retry.total.duration hive.repl.rootdir
hive.repl.run.data.copy.tasks.on.target hive.repl.source.cluster.name hive.repl.target.cluster.name
hive.repl.task.factory hive.resource.use.hdfs.location hive.resultset.use.unique.column.names hive.rework.mapredwork
hive.rewrite.data.policy hive.rpc.query.plan hive.scheduled.queries.create.as.enabled
hive.scheduled.queries.executor.enabled hive.scheduled.queries.executor.idle.sleep.time
hive.scheduled.queries.executor.progress.report.interval hive.scheduled.queries.namespace hive.scratch.dir.permission
hive.scratchdir.lock hive.script.auto.progress hive.script.operator.env.blacklist hive.script.operator.id.env.var
hive.script.operator.truncate.env hive.script.recordreader hive.script.recordwriter hive.script.serde
hive.security.authenticator.manager hive.security.authorization.createtable.group.grants
hive.security.authorization.createtable.owner.grants hive.security.authorization.createtable.role.grants
hive.security.authorization.createtable.user.grants hive.security.authorization.enabled
hive.security.authorization.functions.in.view hive.security.authorization.kerberos.use.shortname
hive.security.authorization.manager hive.security.authorization.scheduled.queries.supported
hive.security.authorization.sqlstd.confwhitelist hive.security.authorization.sqlstd.confwhitelist.append
hive.security.authorization.tables.on.storagehandlers hive.security.authorization.task.factory
hive.security.command.whitelist hive.security.hbase.urlencode.authorization.uri
hive.security.metastore.authenticator.manager hive.security.metastore.authorization.auth.reads
hive.security.metastore.authorization.manager hive.semantic.analyzer.hook hive.serdes.using.metastore.for.schema
hive.server.read.socket.timeout hive.server.tcp.keepalive hive.server2.active.passive.ha.enable
hive.server2.active.passive.ha.registry.namespace hive.server2.allow.user.substitution
hive.server2.async.exec.async.compile hive.server2.async.exec.keepalive.time hive.server2.async.exec.shutdown.timeout
hive.server2.authentication hive.server2.authentication.client.kerberos.principal
hive.server2.authentication.jwt.jwks.skip.ssl.cert hive.server2.authentication.jwt.jwks.url
hive.server2.authentication.kerberos.keytab hive.server2.authentication.kerberos.principal
hive.server2.authentication.ldap.Domain hive.server2.authentication.ldap.baseDN
hive.server2.authentication.ldap.binddn hive.server2.authentication.ldap.bindpw
hive.server2.authentication.ldap.customLDAPQuery hive.server2.authentication.ldap.groupBaseDN
hive.server2.authentication.ldap.groupClassKey hive.server2.authentication.ldap.groupDNPattern
hive.server2.authentication.ldap.groupFilter hive.server2.authentication.ldap.groupMembershipKey
hive.server2.authentication.ldap.groupSearchFilter hive.server2.authentication.ldap.guidKey
hive.server2.authentication.ldap.url hive.server2.authentication.ldap.userDNPattern
hive.server2.authentication.ldap.userFilter hive.server2.authentication.ldap.userSearchFilter
hive.server2.authentication.pam.services hive.server2.authentication.spnego.keytab
hive.server2.authentication.spnego.principal hive.server2.binary.include.ciphersuites
hive.server2.builtin.udf.blacklist hive.server2.builtin.udf.whitelist hive.server2.clear.dangling.scratchdir
hive.server2.clear.dangling.scratchdir.interval hive.server2.close.session.on.disconnect
hive.server2.compile.lock.timeout hive.server2.csrf.filter.enabled hive.server2.custom.authentication.class
hive.server2.enable.doAs hive.server2.global.init.file.location hive.server2.graceful.stop.timeout
hive.server2.historic.operation.log.check.interval hive.server2.historic.operation.log.enabled
hive.server2.http.exclude.ciphersuites hive.server2.idle.operation.timeout hive.server2.idle.session.check.operation
hive.server2.idle.session.timeout hive.server2.in.place.progress hive.server2.job.credential.provider.path
hive.server2.keymanagerfactory.algorithm hive.server2.keystore.password hive.server2.keystore.path
hive.server2.keystore.type hive.server2.logging.operation.enabled hive.server2.logging.operation.level
hive.server2.logging.operation.log.location hive.server2.long.polling.timeout hive.server2.map.fair.scheduler.queue
hive.server2.materializedviews.registry.impl hive.server2.materializedviews.registry.refresh.period
hive.server2.metrics.enabled hive.server2.operation.log.cleanup.delay hive.server2.operation.log.fetch.maxBytes
hive.server2.operation.log.purgePolicy.timeToLive hive.server2.parallel.ops.in.session hive.server2.proxy.trustheader
hive.server2.saml2.acs.index hive.server2.saml2.blacklisted.signature.algorithms hive.server2.saml2.callback.token.ttl
hive.server2.saml2.group.attribute.name hive.server2.saml2.group.filter hive.server2.saml2.idp.metadata
hive.server2.saml2.keystore.password hive.server2.saml2.keystore.path hive.server2.saml2.max.authentication.lifetime
hive.server2.saml2.private.key.password hive.server2.saml2.sign.requests hive.server2.saml2.sp.callback.url
hive.server2.saml2.sp.entity.id hive.server2.saml2.sp.force.auth hive.server2.saml2.want.assertions.signed
hive.server2.service.users hive.server2.session.check.interval hive.server2.session.hook
hive.server2.show.operation.drilldown.link hive.server2.sleep.interval.between.start.attempts
hive.server2.support.dynamic.service.discovery hive.server2.table.type.mapping hive.server2.tez.default.queues
hive.server2.tez.initialize.default.sessions hive.server2.tez.interactive.queue hive.server2.tez.queue.access.check
hive.server2.tez.session.lifetime hive.server2.tez.session.lifetime.jitter
hive.server2.tez.sessions.custom.queue.allowed hive.server2.tez.sessions.restricted.configs
hive.server2.tez.wm.am.registry.timeout hive.server2.thrift.bind.host hive.server2.thrift.client.password
hive.server2.thrift.client.retry.delay.seconds hive.server2.thrift.client.user
hive.server2.thrift.exponential.backoff.slot.length hive.server2.thrift.http.compression.enabled
hive.server2.thrift.http.cookie.auth.enabled hive.server2.thrift.http.cookie.domain
hive.server2.thrift.http.cookie.is.httponly hive.server2.thrift.http.cookie.is.secure
hive.server2.thrift.http.cookie.max.age hive.server2.thrift.http.cookie.path hive.server2.thrift.http.max.idle.time
hive.server2.thrift.http.path hive.server2.thrift.http.worker.keepalive.time hive.server2.thrift.login.timeout
hive.server2.thrift.resultset.serialize.in.tasks hive.server2.thrift.sasl.qop
hive.server2.thrift.worker.keepalive.time hive.server2.transport.mode hive.server2.trusted.domain
hive.server2.trusted.domain.use.xff.header hive.server2.use.SSL hive.server2.webui.cors.allowed.headers
hive.server2.webui.cors.allowed.methods hive.server2.webui.cors.allowed.origins hive.server2.webui.enable.cors
hive.server2.webui.exclude.ciphersuites hive.server2.webui.explain.output hive.server2.webui.host
hive.server2.webui.keymanagerfactory.algorithm hive.server2.webui.keystore.password hive.server2.webui.keystore.path
hive.server2.webui.keystore.type hive.server2.webui.show.graph hive.server2.webui.show.stats
hive.server2.webui.spnego.keytab hive.server2.webui.spnego.principal hive.server2.webui.use.pam
hive.server2.webui.use.spnego hive.server2.webui.use.ssl hive.server2.webui.xframe.enabled
hive.server2.webui.xframe.value hive.server2.wm.allow.any.pool.via.jdbc hive.server2.wm.delayed.move
hive.server2.wm.delayed.move.timeout hive.server2.wm.delayed.move.validator.interval hive.server2.wm.namespace
hive.server2.wm.pool.metrics hive.server2.xsrf.filter.enabled hive.server2.zookeeper.namespace
hive.server2.zookeeper.publish.configs hive.service.metrics.class hive.service.metrics.codahale.reporter.classes
hive.service.metrics.file.frequency hive.service.metrics.file.location hive.service.metrics.hadoop2.component
hive.service.metrics.hadoop2.frequency hive.service.metrics.reporter hive.session.history.enabled hive.session.id
hive.session.impl.classname hive.session.impl.withugi.classname hive.session.silent
hive.spark.client.channel.log.level hive.spark.client.connect.timeout hive.spark.client.future.timeout
hive.spark.client.rpc.sasl.mechanisms hive.spark.client.rpc.server.address hive.spark.client.rpc.server.port
hive.spark.client.secret.bits hive.spark.client.server.connect.timeout hive.spark.dynamic.partition.pruning
hive.spark.dynamic.partition.pruning.map.join.only hive.spark.exec.inplace.progress hive.spark.explain.user
hive.spark.job.monitor.timeout hive.spark.optimize.shuffle.serde hive.spark.rsc.conf.list
hive.spark.use.groupby.shuffle hive.spark.use.op.stats hive.spark.use.ts.stats.for.mapjoin hive.split.grouping.mode
hive.split.update hive.splits.available.slots.calculator.class.name hive.ssl.protocol.blacklist hive.stageid.rearrange
hive.start.cleanup.scratchdir hive.stats.autogather hive.stats.collect.scancols hive.stats.collect.tablekeys
hive.stats.column.autogather hive.stats.correlated.multi.key.joins hive.stats.dbclass hive.stats.default.aggregator
hive.stats.default.publisher hive.stats.estimate hive.stats.estimators.enable hive.stats.fetch.bitvector
hive.stats.fetch.column.stats hive.stats.filter.range.uniform hive.stats.join.ndv.readjustment hive.stats.key.prefix
hive.stats.kll.enable hive.stats.ndv.algo hive.stats.reliable hive.stats.use.bitvectors
hive.streaming.auto.flush.check.interval.size hive.streaming.auto.flush.enabled hive.strict.checks.bucketing
hive.strict.checks.cartesian.product hive.strict.checks.no.partition.filter hive.strict.checks.offset.no.orderby
hive.strict.checks.orderby.no.limit hive.strict.checks.type.safety hive.strict.managed.tables
hive.strict.timestamp.conversion hive.support.concurrency hive.support.quoted.identifiers
hive.support.special.characters.tablename hive.syslog.input.format.file.pruning
hive.syslog.input.format.file.time.slice hive.table.parameters.default hive.test.acid.key.index.skip
hive.test.authz.sstd.hs2.mode hive.test.currenttimestamp hive.test.dummystats.aggregator
hive.test.dummystats.publisher hive.test.fail.compaction hive.test.fail.heartbeater
hive.test.fail.load.dynamic.partition hive.test.load.hostnames hive.test.load.interval
hive.test.mapjoin.full.outer.override hive.test.mode hive.test.mode.nosamplelist hive.test.mode.prefix
hive.test.rollbacktxn hive.test.vectorization.suppress.explain.execution.mode hive.test.vectorized.adaptor.override
hive.test.vectorized.execution.enabled.override hive.test.vectorizer.suppress.fatal.exceptions
hive.testing.remove.logs hive.testing.short.logs hive.tez.auto.reducer.parallelism hive.tez.bmj.use.subcache
hive.tez.bucket.pruning hive.tez.bucket.pruning.compat hive.tez.cartesian-product.enabled
hive.tez.dag.status.check.interval hive.tez.dynamic.partition.pruning hive.tez.dynamic.partition.pruning.extended
hive.tez.dynamic.semijoin.reduction hive.tez.dynamic.semijoin.reduction.for.mapjoin
hive.tez.dynamic.semijoin.reduction.multicolumn hive.tez.enable.memory.manager hive.tez.exec.inplace.progress
hive.tez.exec.print.summary hive.tez.hs2.user.access hive.tez.input.format hive.tez.input.generate.consistent.splits
hive.tez.java.opts hive.tez.log.level hive.tez.mapreduce.output.committer.class hive.tez.session.events.print.summary
hive.tez.union.flatten.subdirectories hive.thrift.client.max.message.size hive.timedout.txn.reaper.interval
hive.timedout.txn.reaper.start hive.transactional.concatenate.noblock hive.transactional.table.scan
hive.transform.escape.input hive.transpose.aggr.join hive.transpose.aggr.join.unique hive.trigger.validation.interval
hive.txn.acid.metrics.reporting.interval hive.txn.ext.locking.enabled hive.txn.filter.delete.events hive.txn.manager
hive.txn.manager.dump.lock.state.on.acquire.timeout hive.txn.nonacid.read.locks hive.txn.read.locks
hive.txn.readonly.enabled hive.txn.retryable.sqlex.regex hive.txn.stats.enabled hive.txn.strict.locking.mode
hive.txn.timeout hive.txn.write.acid.version.file hive.txn.xlock.ctas hive.txn.xlock.iow hive.txn.xlock.mergeinsert
hive.txn.xlock.write hive.typecheck.on.insert hive.udtf.auto.progress hive.use.googleregex.engine
hive.use.orc.codec.pool hive.use.scratchdir.for.staging hive.user.install.directory hive.users.in.admin.role
hive.variable.substitute hive.vectorized.adaptor.suppress.evaluate.exceptions hive.vectorized.adaptor.usage.mode
hive.vectorized.complex.types.enabled hive.vectorized.execution.enabled
hive.vectorized.execution.filesink.arrow.native.enabled hive.vectorized.execution.mapjoin.minmax.enabled
hive.vectorized.execution.mapjoin.native.enabled hive.vectorized.execution.mapjoin.native.fast.hashtable.enabled
hive.vectorized.execution.mapjoin.native.multikey.only.enabled hive.vectorized.execution.ptf.enabled
hive.vectorized.execution.reduce.enabled hive.vectorized.execution.reduce.groupby.enabled
hive.vectorized.execution.reducesink.new.enabled hive.vectorized.groupby.complex.types.enabled
hive.vectorized.if.expr.mode hive.vectorized.input.format.excludes hive.vectorized.input.format.supports.enabled
hive.vectorized.reuse.scratch.columns hive.vectorized.row.identifier.enabled
hive.vectorized.row.serde.inputformat.excludes hive.vectorized.use.checked.expressions
hive.vectorized.use.row.serde.deserialize hive.vectorized.use.vector.serde.deserialize
hive.vectorized.use.vectorized.input.format hive.writeset.reaper.interval hive.zookeeper.clean.extra.nodes
hive.zookeeper.client.port hive.zookeeper.connection.basesleeptime hive.zookeeper.connection.timeout
hive.zookeeper.kerberos.enabled hive.zookeeper.killquery.enable hive.zookeeper.killquery.namespace
hive.zookeeper.namespace hive.zookeeper.quorum hive.zookeeper.session.timeout hive.zookeeper.ssl.client.enable
hive.zookeeper.ssl.keystore.location hive.zookeeper.ssl.keystore.password hive.zookeeper.ssl.keystore.type
hive.zookeeper.ssl.truststore.location hive.zookeeper.ssl.truststore.password hive.zookeeper.ssl.truststore.type
`

// openPrefixes begin settings of Hive's metastore and of file formats, which are defined elsewhere.
var openPrefixes = []string{"hive.metastore.", "hive.exec.orc.", "hive.orc."}

// kinds maps the known settings to the kind of their value: INT, LONG, FLOAT or "".
var kinds = func() map[string]string {
	m := map[string]string{}
	for kind, names := range map[string]string{"INT": integers, "LONG": longs, "FLOAT": floats, "": others} {
		for name := range strings.FieldsSeq(names) {
			m[name] = kind
		}
	}
	for _, table := range []map[string]string{defaults, defaults31, informational} {
		for name := range table {
			if _, ok := m[name]; !ok {
				m[name] = ""
			}
		}
	}
	return m
}()

// Known reports whether Hive has a setting of that name; of names that do not begin with hive. it does not ask.
func Known(name string) bool {
	if !strings.HasPrefix(name, "hive.") {
		return true
	}
	_, ok := kinds[name]
	return ok || slices.ContainsFunc(openPrefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

// KindOf is the kind of value that a setting takes: INT, LONG, FLOAT, or "" for any.
func KindOf(name string) string { return kinds[name] }

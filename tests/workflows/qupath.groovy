// Runs the script for QuPath with stand-ins for QuPath's functions. Arguments: the script, the image.
import groovy.json.JsonSlurper
import org.codehaus.groovy.control.CompilerConfiguration

class Calibration {
    boolean hasPixelSizeMicrons() { true }
    double getPixelWidthMicrons() { 0.5 }
    double getPixelHeightMicrons() { 0.4 }
}

class Server {
    File image
    Collection<URI> getURIs() { [image.toURI()] }
    Calibration getPixelCalibration() { new Calibration() }
}

/** The functions that QuPath imports into scripts. */
abstract class Functions extends Script {
    static File image
    static List objects = ['of an earlier run']
    static boolean isUpdated
    Server getCurrentServer() { new Server(image: image) }
    Collection getDetectionObjects() { objects }
    void removeObjects(Collection removed, boolean keepsChildren) { objects = objects - removed }
    boolean importObjectsFromFile(String path) { objects += new JsonSlurper().parse(new File(path)).features }
    void fireHierarchyUpdate() { isUpdated = true }
}

Functions.image = new File(args[1])
def configuration = new CompilerConfiguration(scriptBaseClass: Functions.name)
new GroovyShell(getClass().classLoader, new Binding(), configuration).evaluate(new File(args[0]))
assert Functions.isUpdated
assert Functions.objects.every { it.geometry.type in ['Polygon', 'MultiPolygon'] && it.properties.objectType == 'detection' }
println "${Functions.objects.size()} detections, ${Functions.objects[0].properties.measurements.keySet().findAll { it.startsWith('Area') }}"
